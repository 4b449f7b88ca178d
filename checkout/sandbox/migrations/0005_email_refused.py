from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sandbox", "0004_faults"),
    ]

    operations = [
        migrations.AlterField(
            model_name="apifault",
            name="fault",
            field=models.CharField(
                choices=[
                    ("timeout_before", "No answer, and nothing was done"),
                    ("timeout_after", "No answer, although it was done"),
                    ("error_500_before", "500, and nothing was done"),
                    ("error_500_after", "500, although it was done"),
                    ("broken_json", "200 with half an answer, although it was done"),
                    ("slow", "The right answer, but late"),
                    ("too_many_requests", "429, too many requests"),
                    ("key_in_use", "409, the same request is still running"),
                    ("bad_key", "401, the secret key is wrong"),
                    ("forbidden", "403, the key may not do this"),
                    ("server_busy", "503, Stripe is very busy"),
                    ("email_refused", "400, the e-mail address is refused"),
                ],
                max_length=20,
            ),
        ),
    ]
