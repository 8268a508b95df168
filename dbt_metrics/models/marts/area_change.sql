with areas as (
    select * from {{ ref('class_areas') }}
)

select
    later.scope,
    later.key,
    later.class_name,
    earlier.year as from_year,
    later.year as to_year,
    earlier.mapped_area_ha as from_mapped_area_ha,
    later.mapped_area_ha as to_mapped_area_ha,
    later.mapped_area_ha - earlier.mapped_area_ha as mapped_change_ha,
    earlier.area_ha as from_area_ha,
    later.area_ha as to_area_ha,
    later.area_ha - earlier.area_ha as change_ha,
    later.ci_low_ha <= earlier.ci_high_ha
        and earlier.ci_low_ha <= later.ci_high_ha as intervals_overlap
from areas as later
inner join areas as earlier
    on later.scope = earlier.scope
    and later.key = earlier.key
    and later.class_name = earlier.class_name
    and later.year = earlier.year + 1
order by later.scope, later.key, later.class_name, to_year
