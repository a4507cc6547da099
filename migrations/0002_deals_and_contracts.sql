-- Every closed-won deal must be accounted for, and each contract must name the deal snapshot and mapping version it came from.

create table deal_case (
  case_id text primary key,
  crm text not null,
  org text not null,
  deal_id text not null,
  generation integer not null check (generation >= 1),
  state text not null check (
    state in ('seen', 'qualified', 'planned', 'provisioning', 'active', 'exception', 'ignored', 'superseded')
  ),
  state_detail text,
  name text,
  account_name text,
  amount text,
  currency text,
  closed_on date,
  url text,
  snapshot_id text,
  contract_id text,
  modified_at text not null,
  seen_at timestamptz not null,
  changed_at timestamptz not null,
  activated_at timestamptz,
  written_status text,
  written_message text,
  written_at timestamptz,
  unique (crm, org, deal_id, generation)
);
create index deal_case_state on deal_case (state, case_id);
create index deal_case_deal on deal_case (deal_id);
create unique index deal_case_contract on deal_case (contract_id) where contract_id is not null;
create index deal_case_unsaid on deal_case (changed_at) where written_at is null or written_at < changed_at;

create table deal_alias (
  crm text not null,
  org text not null,
  deal_id text not null,
  into_deal_id text not null check (into_deal_id <> deal_id),
  noticed_at timestamptz not null,
  primary key (crm, org, deal_id)
);

create table deal_snapshot (
  snapshot_id text primary key,
  case_id text not null references deal_case,
  content jsonb not null,
  content_hash text not null,
  taken_at timestamptz not null,
  unique (case_id, content_hash)
);

create table mapping_version (
  mapping_version_id text primary key,
  name text not null,
  version integer not null check (version >= 1),
  content_hash text not null,
  text text not null,
  created_at timestamptz not null,
  created_by text not null,
  unique (name, version),
  unique (name, content_hash)
);

create table mapping_activation (
  seq bigint generated always as identity primary key,
  name text not null,
  mapping_version_id text not null references mapping_version,
  activated_at timestamptz not null,
  activated_by text not null
);
create index mapping_activation_latest on mapping_activation (name, seq desc);

create table customer (
  customer_id text primary key,
  crm text not null,
  org text not null,
  crm_account_id text not null,
  entity text not null,
  name text not null,
  provider_customer_id text unique,
  created_at timestamptz not null,
  unique (crm, org, crm_account_id, entity)
);

create table customer_alias (
  alias text not null,
  customer_id text not null references customer,
  created_at timestamptz not null,
  primary key (alias, customer_id)
);
create index customer_alias_customer on customer_alias (customer_id);

create sequence contract_number start 1001;

create table contract (
  contract_id text primary key,
  number text not null unique default 'C-' || nextval('contract_number'),
  case_id text not null unique references deal_case,
  generation integer not null,
  customer_id text not null references customer,
  entity text not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  state text not null check (state in ('drafted', 'provisioning', 'active', 'ended')),
  current_version integer not null check (current_version >= 1),
  starts_on date not null,
  ends_before date not null,
  subscription_id text unique,
  activated_at timestamptz,
  created_at timestamptz not null
);
create index contract_of_entity on contract (entity, state, contract_id);
create index contract_customer on contract (customer_id);

create table contract_version (
  contract_id text not null references contract,
  version integer not null check (version >= 1),
  generation integer not null,
  deal_snapshot_id text not null references deal_snapshot,
  mapping_version_id text not null references mapping_version,
  effective_on date not null,
  treatment text check (treatment in ('prospective', 'cumulative-catch-up')),
  terms jsonb not null,
  content_hash text not null,
  created_at timestamptz not null,
  primary key (contract_id, version)
);
create index contract_version_mapping on contract_version (mapping_version_id);
