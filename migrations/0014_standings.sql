-- What is left of a commitment is asked before every call of a product, so it is one row, kept in the transaction that counts the use.

-- Which version of a contract its customer's rights were made from; what differs is found by the index and made anew.
alter table contract add column granted_version integer;
create index contract_not_granted on contract (contract_id) where granted_version is distinct from current_version;
grant update (granted_version) on contract to tieout_app;

create table granted_feature (
  customer_id text not null references customer,
  feature text not null,
  contract_id text not null references contract,
  value jsonb not null,
  granted_from timestamptz not null,
  granted_to timestamptz not null,
  primary key (customer_id, feature, contract_id)
);
create index granted_feature_contract on granted_feature (contract_id);

create table usage_standing (
  customer_id text not null references customer,
  meter text not null,
  contract_id text not null references contract,
  line_id text not null,
  -- What the next period needs, so that whoever finds a row late can roll it, a Worker too.
  time_zone text not null,
  starts_on date not null,
  ends_before date not null,
  period_months integer not null check (period_months >= 1),
  included_units numeric not null check (included_units >= 0),
  limit_units numeric,
  thresholds jsonb not null,
  period_from timestamptz,
  period_to timestamptz,
  used_units numeric not null,
  crossed_percent numeric not null,
  rolls_at timestamptz,
  changed_at timestamptz not null,
  primary key (customer_id, meter, contract_id, line_id),
  -- Use is added by the hour; a period that began within one could not be kept so.
  check (period_from = date_trunc('hour', period_from, 'UTC') and period_to = date_trunc('hour', period_to, 'UTC')),
  check ((period_from is null) = (period_to is null) and period_from < period_to)
);
create index usage_standing_due on usage_standing (rolls_at) where rolls_at is not null;
create index usage_standing_contract on usage_standing (contract_id);

create table usage_threshold_crossed (
  crossing_id text primary key,
  customer_id text not null references customer,
  meter text not null,
  contract_id text not null references contract,
  line_id text not null,
  period_from timestamptz not null,
  period_to timestamptz not null,
  percent numeric not null check (percent > 0),
  threshold_units numeric not null,
  included_units numeric not null,
  used_units numeric not null,
  crossed_at timestamptz not null,
  unique (contract_id, line_id, period_from, percent)
);
create index usage_threshold_crossed_customer on usage_threshold_crossed (customer_id, crossing_id);

grant select, insert, update, delete on granted_feature, usage_standing to tieout_app;
grant select, insert on usage_threshold_crossed to tieout_app;

create trigger refuse_change before update or delete or truncate on usage_threshold_crossed
  for each statement execute function refuse_change();
