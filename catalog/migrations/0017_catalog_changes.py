"""Note every transaction that changes what the shop's window shows, whoever makes it.

Triggers, because bulk updates, imports and the admin go many ways, and one that was forgotten would
leave yesterday's page standing. They fire once a statement and write once a transaction.
"""

from django.db import migrations, models

NOTE = """
    CREATE FUNCTION catalog_note_change() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE this text := pg_current_xact_id()::text;
    BEGIN
        -- The setting ends with the transaction, and with a savepoint that is rolled back.
        IF current_setting('catalog.noted_in', true) IS NOT DISTINCT FROM this THEN
            RETURN NULL;
        END IF;
        PERFORM set_config('catalog.noted_in', this, true);
        INSERT INTO catalog_catalogchange DEFAULT VALUES;
        DELETE FROM catalog_catalogchange WHERE id IN (
            SELECT id FROM catalog_catalogchange ORDER BY id DESC OFFSET 20
            FOR UPDATE SKIP LOCKED
        );
        RETURN NULL;
    END
    $$
"""

# Not the words that spelling is guessed from, nor the history of prices: no page shows them.
TABLES = (
    "catalog_assortment",
    "catalog_bundle",
    "catalog_bundleentry",
    "catalog_caption",
    "catalog_course",
    "catalog_course_topics",
    "catalog_illustration",
    "catalog_instructor",
    "catalog_lesson",
    "catalog_lessonfile",
    "catalog_question",
    "catalog_section",
    "catalog_topic",
    "catalog_video",
)


def trigger(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE TRIGGER catalog_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION catalog_note_change()",
        f"DROP TRIGGER catalog_changed ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("catalog", "0016_sale_moments")]

    operations = [
        migrations.CreateModel(
            name="CatalogChange",
            fields=[("id", models.BigAutoField(primary_key=True, serialize=False))],
        ),
        migrations.RunSQL(NOTE, "DROP FUNCTION catalog_note_change()"),
        *map(trigger, TABLES),
    ]
