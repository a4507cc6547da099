-- A call that changes something at a vendor is written down before it is made, and what needs a person says so until it is settled.

create table external_op (
  op_key text primary key,
  fingerprint text not null,
  provider text not null,
  kind text not null,
  subject text not null,
  state text not null check (state in ('planned', 'in_flight', 'succeeded', 'failed', 'unknown')),
  attempt integer not null check (attempt >= 0),
  fence bigint not null,
  lease_until timestamptz,
  provider_id text,
  detail text,
  planned_at timestamptz not null,
  first_sent_at timestamptz,
  settled_at timestamptz,
  check (state <> 'in_flight' or (lease_until is not null and first_sent_at is not null)),
  check ((state in ('succeeded', 'failed')) = (settled_at is not null))
);
create index external_op_subject on external_op (subject);
create index external_op_unsettled on external_op (first_sent_at) where state in ('planned', 'in_flight', 'unknown');
create index external_op_provider_id on external_op (provider_id) where provider_id is not null;

create table exception (
  exception_id text primary key,
  issue_key text not null,
  code text not null,
  field text not null,
  found text,
  sentence text not null,
  action text not null,
  owner text not null check (owner in ('sales', 'revops', 'finance', 'engineer')),
  cause text not null,
  amount_minor bigint,
  currency text,
  queue text not null,
  subject_kind text not null,
  subject text not null,
  case_id text,
  state text not null check (state in ('open', 'resolved', 'ignored')),
  opened_at timestamptz not null,
  resolved_at timestamptz,
  resolved_by text,
  resolution text,
  check ((amount_minor is null) = (currency is null)),
  check ((state = 'open') = (resolved_at is null))
);
create unique index exception_standing on exception (queue, subject_kind, subject, issue_key) where state <> 'resolved';
create index exception_group on exception (code, cause) where state = 'open';
create index exception_list on exception (state, exception_id);
create index exception_case on exception (case_id) where case_id is not null;
create index exception_subject on exception (subject_kind, subject);
