"""Have the shop's window know when what it shows of learners' words has changed."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("library", "0011_lesson_questions"), ("catalog", "0017_catalog_changes")]

    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER catalog_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE"
            " ON library_review FOR EACH STATEMENT EXECUTE FUNCTION catalog_note_change()",
            "DROP TRIGGER catalog_changed ON library_review",
        ),
    ]
