select
    key,
    year,
    currency,
    count(*) as products,
    sum(seconds) as seconds,
    sum(cost) as cost,
    min(made_at) as first_made_at,
    max(made_at) as last_made_at
from {{ ref('durations') }}
where key <> ''
group by key, year, currency
order by key, year, currency
