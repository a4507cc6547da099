-- The books are append-only and balanced by the database itself, because code that is wrong once would otherwise be wrong forever.

create table billing_fact (
  fact_key text primary key,
  kind text not null,
  invoice_id text,
  content jsonb not null,
  content_hash text not null,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null
);
create index billing_fact_invoice on billing_fact (invoice_id) where invoice_id is not null;
create index billing_fact_kind on billing_fact (kind, occurred_at);

create table books_month (
  entity text not null,
  month text not null check (month ~ '^\d{4}-(0[1-9]|1[0-2])$'),
  state text not null default 'open' check (state in ('open', 'closing', 'closed')),
  closed_at timestamptz,
  closed_by text,
  seal text,
  primary key (entity, month),
  check ((state = 'closed') = (closed_at is not null and seal is not null))
);

-- The month's row and the header's row are demanded by triggers that look once a statement; a foreign key would look once a row.
create table ledger_transaction (
  transaction_id text primary key,
  seq bigint generated always as identity unique,
  fact_key text not null unique,
  fingerprint text not null,
  reason text not null,
  source_id text not null,
  entity text not null,
  occurred_at timestamptz not null,
  accounting_date date not null,
  month text not null,
  recorded_at timestamptz not null,
  memo text not null,
  line_count integer not null check (line_count >= 2),
  -- Which database transaction wrote the header. Lines are taken only from the same one; xid8 survives savepoints.
  xact xid8 not null default pg_current_xact_id(),
  check (date_part('year', accounting_date) * 100 + date_part('month', accounting_date) = replace(month, '-', '')::integer)
);
create index ledger_transaction_month on ledger_transaction (entity, month, seq);
create index ledger_transaction_source on ledger_transaction (source_id);

create table ledger_entry (
  transaction_id text not null,
  line_number integer not null check (line_number >= 1),
  account_kind text not null,
  segment text,
  side text not null check (side in ('debit', 'credit')),
  amount_minor bigint not null check (amount_minor > 0),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  contract_id text,
  line_id text,
  invoice_id text,
  entity text not null,
  month text not null,
  primary key (transaction_id, line_number)
);
create index ledger_entry_contract on ledger_entry (contract_id, account_kind) where contract_id is not null;
create index ledger_entry_invoice on ledger_entry (invoice_id) where invoice_id is not null;
-- Months arrive in order, so a block range index finds one at a hundredth of the cost of a tree.
create index ledger_entry_month on ledger_entry using brin (month) with (pages_per_range = 32);

create table journal (
  external_id text primary key,
  entity text not null,
  month text not null,
  currency text not null,
  chunk integer not null check (chunk >= 1),
  state text not null check (state in ('drafted', 'posted', 'held')),
  state_detail text,
  content jsonb not null,
  content_hash text not null,
  drafted_at timestamptz not null,
  erp_id text,
  posted_at timestamptz,
  unique (entity, month, currency, chunk),
  foreign key (entity, month) references books_month,
  check ((state = 'posted') = (erp_id is not null and posted_at is not null))
);
create index journal_waiting on journal (entity, month) where state <> 'posted';

-- One ledger transaction goes to the ERP at most once for each of its currencies.
create table journal_transaction (
  transaction_id text not null references ledger_transaction,
  currency text not null,
  external_id text not null references journal,
  primary key (transaction_id, currency)
);
create index journal_transaction_journal on journal_transaction (external_id);
