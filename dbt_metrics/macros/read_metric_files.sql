{#- The columns of a metric table and their types, as core/metrics/tables.py writes them. -#}
{% macro metric_columns() %}
    {{ return({
        'scope': 'varchar',
        'key': 'varchar',
        'year': 'bigint',
        'design': 'varchar',
        'verdict': 'varchar',
        'metric': 'varchar',
        'class_name': 'varchar',
        'reference_class': 'varchar',
        'estimate': 'double',
        'se': 'double',
        'ci_low': 'double',
        'ci_high': 'double',
        'ci_level': 'double',
        'unit': 'varchar',
        'n_units': 'bigint',
        'map_digest': 'varchar',
        'sample_digest': 'varchar',
        'model_digest': 'varchar',
    }) }}
{% endmacro %}

{#- A path that DuckDB takes literally: signs of its globs go into brackets. -#}
{% macro literal_path(path) %}
    {{- path
        | replace('[', '[[]')
        | replace('*', '[*]')
        | replace('?', '[?]')
        | replace("'", "''") -}}
{% endmacro %}

{#- All rows of a list of metric files; without files an empty table with the same columns. -#}
{% macro read_metric_files(files) %}
    {%- set paths = fromjson(files) if files is string else files -%}
    {%- set columns = metric_columns() -%}
    {#- Files of former versions have intervals of 95 % in columns named after it. -#}
    {%- set former = {
        'ci_low': 'coalesce(ci_low, ci95_low)',
        'ci_high': 'coalesce(ci_high, ci95_high)',
        'ci_level': 'coalesce(ci_level, case when ci95_low is not null then 0.95 end)',
    } -%}
    select
    {%- for name, type in columns.items() %}
        cast({{ (former.get(name) or name) if paths else 'null' }} as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
    {%- if paths %}
    from (
        select * from read_parquet([
            {%- for path in paths %}
            '{{ literal_path(path) }}'{{ ',' if not loop.last }}
            {%- endfor %}
        ], union_by_name = true)
        union all by name
        select
            null::double as ci_low, null::double as ci_high, null::double as ci_level,
            null::double as ci95_low, null::double as ci95_high
        where false
    )
    {%- else %}
    where false
    {%- endif %}
{% endmacro %}
