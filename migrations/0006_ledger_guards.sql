-- Grants stop the application; these triggers stop the owner too, so that a mistaken script cannot rewrite history.

create function check_transactions() returns trigger language plpgsql as $$
declare
  refused record;
begin
  if exists (select from appended where xact is distinct from pg_current_xact_id()) then
    raise exception 'A ledger transaction bears the number of another database transaction' using errcode = 'TO002';
  end if;
  -- The share lock makes a month wait to close until this transaction has ended.
  perform from books_month
    where (entity, month) in (select distinct entity, month from appended)
    order by entity, month for share;
  select entity, month, coalesce(state, 'unknown') as state, reason into refused
    from appended left join books_month using (entity, month)
    where state is null or state = 'closed' or (state = 'closing' and reason not in ('revenue-recognized', 'reversal'))
    limit 1;
  if found then
    raise exception 'The month % of % is %: nothing with reason % can be dated in it',
      refused.month, refused.entity, refused.state, refused.reason using errcode = 'TO001';
  end if;
  return null;
end $$;

create trigger check_transactions after insert on ledger_transaction
  referencing new table as appended for each statement execute function check_transactions();

create function check_lines() returns trigger language plpgsql as $$
begin
  if exists (
    select from added left join ledger_transaction using (transaction_id)
    where ledger_transaction.xact is distinct from pg_current_xact_id()
       or ledger_transaction.entity <> added.entity
       or ledger_transaction.month <> added.month
  ) then
    raise exception 'Lines are written with their own transaction, or never' using errcode = 'TO002';
  end if;
  return null;
end $$;

create trigger check_lines after insert on ledger_entry
  referencing new table as added for each statement execute function check_lines();

create function check_balance() returns trigger language plpgsql as $$
declare
  written integer;
  unbalanced text;
begin
  select coalesce(sum(lines), 0), min(currency) filter (where difference <> 0) into written, unbalanced
    from (
      select currency, count(*) as lines, sum(case side when 'debit' then amount_minor else -amount_minor end) as difference
      from ledger_entry where transaction_id = new.transaction_id group by currency
    ) as by_currency;
  if written <> new.line_count then
    raise exception 'Ledger transaction % announces % lines and has %', new.fact_key, new.line_count, written
      using errcode = 'TO002';
  end if;
  if unbalanced is not null then
    raise exception 'Ledger transaction % does not balance in %', new.fact_key, unbalanced using errcode = 'TO002';
  end if;
  return null;
end $$;

-- On the header, once at commit: on each line it would cost the square of the lines.
create constraint trigger check_balance after insert on ledger_transaction
  deferrable initially deferred for each row execute function check_balance();

create function keep_closed() returns trigger language plpgsql as $$
begin
  if old.state = 'closed' then
    raise exception 'The month % of % is closed', old.month, old.entity using errcode = 'TO001';
  end if;
  if new.entity <> old.entity or new.month <> old.month then
    raise exception 'A month keeps its name' using errcode = 'TO003';
  end if;
  return new;
end $$;

create trigger keep_closed before update on books_month for each row execute function keep_closed();

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% of % refused: facts are appended, never changed', lower(tg_op), tg_table_name using errcode = 'TO003';
end $$;
