"""The tables of the bus."""

import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stream', models.CharField(max_length=100)),
                ('ordered', models.BooleanField()),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('sent', 'Sent'), ('running', 'Running'), ('sending', 'Sending'), ('done', 'Done'), ('dead', 'Dead'), ('discarded', 'Discarded')], db_default='waiting', max_length=10)),
                ('due_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('token', models.IntegerField(db_default=0)),
                ('attempts', models.PositiveSmallIntegerField(db_default=0)),
                ('crashes', models.PositiveSmallIntegerField(db_default=0)),
                ('ambiguous', models.PositiveSmallIntegerField(db_default=0)),
                ('alone', models.BooleanField(db_default=False, help_text='Sent in a message of its own.')),
                ('lease_until', models.DateTimeField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('error', models.TextField(blank=True, db_default='')),
            ],
            options={
                'verbose_name_plural': 'deliveries',
                'permissions': [('operate', 'Can deliver again, discard, pause and resume')],
            },
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('type', models.CharField(max_length=100)),
                ('version', models.PositiveSmallIntegerField()),
                ('stream', models.CharField(max_length=100)),
                ('key', models.CharField(help_text='What can happen only once in the stream, or nothing.', max_length=200, null=True)),
                ('data', models.JSONField()),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('correlation', models.UUIDField(help_text='The first event of the chain this one is part of.')),
                ('causation', models.UUIDField(help_text='The event that led to this one.', null=True)),
                ('traceparent', models.CharField(blank=True, help_text='W3C Trace Context.', max_length=55)),
            ],
        ),
        migrations.CreateModel(
            name='OperatorAction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('who', models.CharField(max_length=150)),
                ('what', models.CharField(max_length=50)),
                ('subject', models.CharField(max_length=200)),
                ('count', models.PositiveIntegerField(default=1)),
                ('why', models.TextField(blank=True)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Queue',
            fields=[
                ('id', models.SmallAutoField(primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=50, unique=True)),
            ],
        ),
        migrations.CreateModel(
            name='RelayState',
            fields=[
                ('id', models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ('epoch', models.CharField(blank=True, max_length=32)),
                ('looked_at', models.DateTimeField(null=True)),
                ('broker_error', models.CharField(blank=True, max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name='Subscription',
            fields=[
                ('id', models.SmallAutoField(primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=150, unique=True)),
                ('event_type', models.CharField(max_length=100)),
                ('batch', models.PositiveSmallIntegerField()),
                ('window', models.PositiveIntegerField(help_text='Deliveries in Redis or running at a time.')),
                ('ordered', models.BooleanField()),
                ('outside', models.BooleanField()),
                ('repeatable', models.BooleanField()),
                ('retry', models.CharField(max_length=500, verbose_name='waits')),
                ('registered_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('paused_at', models.DateTimeField(blank=True, null=True)),
                ('retired_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['event_type', 'name'],
            },
        ),
        migrations.CreateModel(
            name='Outbox',
            fields=[
                ('event', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, serialize=False, to='bus.event')),
            ],
            options={
                'verbose_name_plural': 'outbox',
            },
        ),
        migrations.CreateModel(
            name='PersonalData',
            fields=[
                ('event', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='personal', serialize=False, to='bus.event')),
                ('data', models.JSONField()),
            ],
            options={
                'verbose_name_plural': 'personal data',
            },
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['type', 'id'], name='bus_event_history'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['at'], name='bus_event_at'),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.UniqueConstraint(fields=('stream', 'key'), name='bus_event_once_per_stream'),
        ),
        migrations.AddField(
            model_name='delivery',
            name='event',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='bus.event'),
        ),
        migrations.AddField(
            model_name='delivery',
            name='queue',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='bus.queue'),
        ),
        migrations.AddField(
            model_name='subscription',
            name='queue',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='bus.queue'),
        ),
        migrations.AddField(
            model_name='delivery',
            name='subscription',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='bus.subscription'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['subscription', 'due_at', 'id'], name='bus_delivery_due'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('state__in', ('sent', 'running', 'sending'))), fields=['subscription', 'lease_until'], name='bus_delivery_in_flight'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('state__in', ('waiting', 'sent', 'running', 'sending', 'dead'))), fields=['stream', 'queue', 'event'], name='bus_delivery_lane'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('state', 'dead')), fields=['subscription', 'id'], name='bus_delivery_dead'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.UniqueConstraint(fields=('event', 'subscription'), name='bus_delivery_once_per_subscription'),
        ),
    ]
