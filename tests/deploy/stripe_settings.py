"""The sandbox, alone on a server of its own, as Stripe is to a shop in production."""

import os

os.environ["DEMO"] = "1"

from project.settings import *  # noqa: F403

ROOT_URLCONF = "tests.deploy.stripe_urls"
STRIPE_WEBHOOK_SECRETS = [os.environ["SHOP_WEBHOOK_SECRET"]]
STORAGES["staticfiles"] = {  # noqa: F405
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
