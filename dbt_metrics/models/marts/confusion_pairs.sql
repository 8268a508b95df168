select
    scope,
    key,
    year,
    class_name as map_class,
    reference_class,
    cast(estimate as bigint) as n_units,
    estimate / sum(estimate) over (partition by scope, key, year) as share_of_disagreement,
    row_number() over (
        partition by scope, key, year
        order by estimate desc, class_name, reference_class
    ) as confusion_rank
from {{ ref('stg_metrics') }}
where metric = 'confusion' and class_name <> reference_class
order by scope, key, year, confusion_rank
