-- What was told of an hour may get lost or be refused long after it was sent, so each telling has its own words and the provider's sum is compared.

alter table usage_window
  -- How much is being told: the hour less what was told before, fixed together with the revision.
  add column sending_value numeric,
  -- How often use of this hour was found missing at the provider and told anew; part of the identifier, so each telling counts once.
  add column retellings integer not null default 0 check (retellings >= 0),
  -- The provider's sum when we last looked: only one that stands still is believed.
  add column counted_quantity numeric,
  add column counted_at timestamptz,
  add check ((counted_quantity is null) = (counted_at is null));
-- Which hours a report of the provider can be about: those of its meter told while it was looking.
create index usage_window_told on usage_window (meter, reported_at) where reported_at is not null;
update usage_window set sending_value = sending_quantity - reported_quantity where sending_revision is not null;
alter table usage_window add check ((sending_revision is null) = (sending_value is null));
