{#- A path that DuckDB takes literally: signs of its globs go into brackets. -#}
{% macro literal_path(path) %}
    {{- path
        | replace('[', '[[]')
        | replace('*', '[*]')
        | replace('?', '[?]')
        | replace("'", "''") -}}
{% endmacro %}

{#- All rows of a list of Parquet files with these columns; without files an empty table. -#}
{% macro read_files(files, columns) %}
    {%- set paths = fromjson(files) if files is string else files -%}
    select
    {%- for name, type in columns.items() %}
        cast({{ '"' ~ name ~ '"' if paths else 'null' }} as {{ type }}) as "{{ name }}"{{ ',' if not loop.last }}
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
