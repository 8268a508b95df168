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
        'ci95_low': 'double',
        'ci95_high': 'double',
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
    select
    {%- for name, type in columns.items() %}
        cast({{ name if paths else 'null' }} as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
    {%- if paths %}
    from read_parquet([
        {%- for path in paths %}
        '{{ literal_path(path) }}'{{ ',' if not loop.last }}
        {%- endfor %}
    ])
    {%- else %}
    where false
    {%- endif %}
{% endmacro %}
