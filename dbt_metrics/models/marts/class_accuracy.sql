select
    scope,
    key,
    year,
    class_name,
    any_value(verdict) as verdict,
    max(estimate) filter (where metric = 'users_accuracy') as users_accuracy,
    max(se) filter (where metric = 'users_accuracy') as users_se,
    max(ci_low) filter (where metric = 'users_accuracy') as users_ci_low,
    max(ci_high) filter (where metric = 'users_accuracy') as users_ci_high,
    max(n_units) filter (where metric = 'users_accuracy') as users_n_units,
    max(estimate) filter (where metric = 'producers_accuracy') as producers_accuracy,
    max(se) filter (where metric = 'producers_accuracy') as producers_se,
    max(ci_low) filter (where metric = 'producers_accuracy') as producers_ci_low,
    max(ci_high) filter (where metric = 'producers_accuracy') as producers_ci_high,
    max(n_units) filter (where metric = 'producers_accuracy') as producers_n_units,
    max(estimate) filter (where metric = 'f1') as f1,
    max(se) filter (where metric = 'f1') as f1_se,
    max(ci_low) filter (where metric = 'f1') as f1_ci_low,
    max(ci_high) filter (where metric = 'f1') as f1_ci_high
from {{ ref('stg_metrics') }}
where metric in ('users_accuracy', 'producers_accuracy', 'f1')
group by scope, key, year, class_name
order by scope, key, year, class_name
