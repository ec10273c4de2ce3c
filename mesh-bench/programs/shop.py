"""A shop with 8,000 orders, for `django`. Run by itself it makes the database, $SHOP."""

import json
import os

import django
from django.conf import settings
from django.http import HttpResponse
from django.urls import path

settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["SHOP"]}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, models  # noqa: E402


class Order(models.Model):
    """An order, and the lines of it."""

    customer = models.CharField(max_length=80)
    lines = models.TextField()

    class Meta:
        app_label = "shop"

    def as_document(self):
        """What an answer has of it."""
        return {"id": self.id, "customer": self.customer, "lines": json.loads(self.lines)}


def answer(orders):
    """The orders in JSON."""
    return HttpResponse(json.dumps([order.as_document() for order in orders]), content_type="application/json")


urlpatterns = [
    path("list", lambda request: answer(Order.objects.all()[:100])),
    path("export", lambda request: answer(list(Order.objects.all()))),
]
application = get_wsgi_application()

if __name__ == "__main__":
    with connection.schema_editor() as editor:
        editor.create_model(Order)
    lines = [{"article": f"article {nth}", "count": nth, "price": nth * 199} for nth in range(8)]
    Order.objects.bulk_create(Order(customer=f"customer {nth}", lines=json.dumps(lines)) for nth in range(8000))
