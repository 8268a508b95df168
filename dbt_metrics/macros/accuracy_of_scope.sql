{#- One row a map of a scope ('tile' or 'region'), its key under the name that fits it. -#}
{% macro accuracy_of_scope(scope, key_name) %}
    select
        key as {{ key_name }},
        year,
        any_value(design) as design,
        any_value(verdict) as verdict,
        max(n_units) filter (where metric = 'no_data_area') as n_units,
        cast(max(estimate) filter (where metric = 'unusable_units') as bigint) as n_unusable,
        max(estimate) filter (where metric = 'overall_accuracy') as overall_accuracy,
        max(se) filter (where metric = 'overall_accuracy') as overall_accuracy_se,
        max(ci_low) filter (where metric = 'overall_accuracy') as ci_low,
        max(ci_high) filter (where metric = 'overall_accuracy') as ci_high,
        max(estimate) filter (where metric = 'design_effect') as design_effect,
        max(estimate) filter (where metric = 'missing_share') as missing_share,
        max(estimate) filter (where metric = 'overall_accuracy_at_worst')
            as overall_accuracy_at_worst,
        max(estimate) filter (where metric = 'overall_accuracy_at_best')
            as overall_accuracy_at_best,
        max(estimate) filter (where metric = 'agreement') as agreement,
        sum(estimate) filter (where metric = 'mapped_area') as mapped_area_ha,
        max(estimate) filter (where metric = 'no_data_area') as no_data_area_ha,
        any_value(map_digest) as map_digest,
        any_value(sample_digest) as sample_digest,
        any_value(model_digest) as model_digest
    from {{ ref('stg_metrics') }}
    where scope = '{{ scope }}'
    group by key, year
    order by key, year
{% endmacro %}
