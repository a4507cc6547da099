-- Reverse charge rests on a tax id whose check is known, and answers come doubled and out of order: the newest one is kept.

create table customer_tax_id (
  tax_id_id text primary key,
  customer_id text not null references customer,
  type text not null,
  value text not null,
  status text not null check (status in ('pending', 'verified', 'unverified', 'unavailable', 'removed')),
  verified_name text,
  verified_address text,
  occurred_at timestamptz not null
);
create index customer_tax_id_customer on customer_tax_id (customer_id);

grant select, insert, update on customer_tax_id to tieout_app;
