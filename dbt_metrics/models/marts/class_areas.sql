select
    scope,
    key,
    year,
    class_name,
    any_value(verdict) as verdict,
    max(estimate) filter (where metric = 'mapped_area') as mapped_area_ha,
    max(estimate) filter (where metric = 'area') as area_ha,
    max(se) filter (where metric = 'area') as area_se_ha,
    max(ci_low) filter (where metric = 'area') as ci_low_ha,
    max(ci_high) filter (where metric = 'area') as ci_high_ha,
    max(ci_high - ci_low) filter (where metric = 'area') as ci_width_ha,
    max(estimate) filter (where metric = 'area_at_least') as area_at_least_ha,
    max(estimate) filter (where metric = 'area_at_most') as area_at_most_ha,
    any_value(map_digest) as map_digest
from {{ ref('stg_metrics') }}
where metric in ('area', 'mapped_area', 'area_at_least', 'area_at_most')
group by scope, key, year, class_name
order by scope, key, year, class_name
