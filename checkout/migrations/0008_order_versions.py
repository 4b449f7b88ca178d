from django.db import migrations


class Migration(migrations.Migration):
    """Tell whoever listens of each new version of an order, by whatever door it came."""

    dependencies = [("checkout", "0007_giving_all_away")]

    operations = [
        migrations.RunSQL(
            sql="""
                CREATE FUNCTION checkout_tell_of_version() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    PERFORM pg_notify('order_versions', NEW.reference || ' ' || NEW.version);
                    RETURN NULL;
                END
                $$;
                CREATE TRIGGER checkout_order_version AFTER UPDATE OF version ON checkout_order
                    FOR EACH ROW WHEN (OLD.version IS DISTINCT FROM NEW.version)
                    EXECUTE FUNCTION checkout_tell_of_version();
            """,
            reverse_sql="""
                DROP TRIGGER checkout_order_version ON checkout_order;
                DROP FUNCTION checkout_tell_of_version();
            """,
        )
    ]
