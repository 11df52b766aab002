from django.db import migrations, models


def note_currencies(apps, schema_editor):
    """Money that waits for staff may have come in another currency: the event that brought it knows."""
    Payment = apps.get_model("payments", "Payment")
    for payment in Payment.objects.filter(status="review"):
        brought = payment.events.filter(kind="payment.succeeded", amount=payment.received_amount)
        currency = brought.order_by("id").values_list("currency", flat=True).first()
        Payment.objects.filter(pk=payment.pk).update(received_currency=currency or "")


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0004_reconciliation'),
    ]

    operations = [
        migrations.AddField(
            model_name='payment',
            name='received_currency',
            field=models.CharField(blank=True, default='', max_length=3, verbose_name='currency received'),
        ),
        migrations.RunPython(note_currencies, migrations.RunPython.noop),
    ]
