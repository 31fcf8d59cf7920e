from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("shop", "0007_products_by_category"),
    ]

    operations = [
        migrations.CreateModel(
            name="LegalText",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("imprint", "Imprint"),
                            ("terms", "Terms"),
                            ("withdrawal", "Right of withdrawal"),
                            ("privacy", "Privacy"),
                        ],
                        max_length=16,
                        unique=True,
                    ),
                ),
                (
                    "text",
                    models.TextField(
                        help_text="Plain text; an empty line begins a new paragraph. An imprint "
                        "begins with the seller of the settings."
                    ),
                ),
            ],
        ),
    ]
