-- Use that the provider cannot price is charged when its period has ended, and so is what is missing to a commitment.

alter table usage_charge drop constraint usage_charge_reason_check;
alter table usage_charge add constraint usage_charge_reason_check
  check (reason in ('too-old', 'after-invoice', 'rated-usage', 'true-up'));
