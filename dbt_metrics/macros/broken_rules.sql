{#- How the rules are named under `meta` of a model and of its columns. -#}
{% macro known_rules() %}
    {{ return({
        'model': ['unique', 'ordered'],
        'column': ['not_null', 'values', 'at_least', 'at_most'],
    }) }}
{% endmacro %}

{#- A rule that nobody knows would hold always: it ends the build. -#}
{% macro refuse_unknown_rules(where, given, known) %}
    {%- for rule in given if rule not in known + ['dagster'] -%}
        {{ exceptions.raise_compiler_error(
            where ~ ': no rule is named ' ~ rule ~ ' (' ~ known | join(', ') ~ ')'
        ) }}
    {%- endfor -%}
{% endmacro %}

{#- Rows (columns, rule, wrong): each rule of a model and how many of its rows break it.

    Of a model, under `meta`: unique: lists of columns whose values occur once together;
    ordered: [low, value, high]. Of a column: not_null, values, at_least, at_most.
    Nulls pass all but not_null. -#}
{% macro rules_of(node, relation) %}
    {%- set known = known_rules() -%}
    {{- refuse_unknown_rules(node.name, node.config.meta, known.model) -}}
    {%- set rules = [] -%}
    {%- for column in node.columns.values() -%}
        {%- set meta = column.config.meta -%}
        {{- refuse_unknown_rules(node.name ~ '.' ~ column.name, meta, known.column) -}}
        {%- set name = adapter.quote(column.name) -%}
        {%- if meta.not_null -%}
            {%- do rules.append((column.name, 'not_null', name ~ ' is null')) -%}
        {%- endif -%}
        {%- if 'values' in meta -%}
            {%- set legal = "'" ~ meta['values'] | join("', '") ~ "'" -%}
            {%- do rules.append((column.name, 'values', name ~ ' not in (' ~ legal ~ ')')) -%}
        {%- endif -%}
        {%- if 'at_least' in meta -%}
            {%- set wrong = name ~ ' < ' ~ meta.at_least -%}
            {%- do rules.append((column.name, 'at_least ' ~ meta.at_least, wrong)) -%}
        {%- endif -%}
        {%- if 'at_most' in meta -%}
            {%- set wrong = name ~ ' > ' ~ meta.at_most -%}
            {%- do rules.append((column.name, 'at_most ' ~ meta.at_most, wrong)) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for low, value, high in node.config.meta.get('ordered', []) -%}
        {#- Sums of doubles may differ in the last digits. -#}
        {%- set wrong = low ~ ' > ' ~ value ~ ' + 1e-9 * abs(' ~ value ~ ') or '
            ~ value ~ ' > ' ~ high ~ ' + 1e-9 * abs(' ~ high ~ ')' -%}
        {%- do rules.append(([low, value, high] | join(', '), 'ordered', wrong)) -%}
    {%- endfor -%}
    {%- for columns, rule, wrong in rules %}
    select '{{ columns }}' as columns, '{{ rule }}' as rule, count(*) as wrong
    from {{ relation }}
    where {{ wrong }}
    union all
    {%- endfor -%}
    {%- for columns in node.config.meta.get('unique', []) %}
    select
        '{{ columns | join(', ') }}' as columns,
        'unique' as rule,
        (select count(*) from {{ relation }})
        - (select count(*) from (select distinct {{ columns | join(', ') }} from {{ relation }}))
            as wrong
    union all
    {%- endfor %}
    select '' as columns, '' as rule, 0 as wrong
{% endmacro %}

{#- As `fail_calc` of a test over rows (named, columns, rule, wrong): an error that says them. -#}
{% macro say_broken() %}
    {{- return(
        "case when count(*) = 0 then 0 else error(any_value(named) || ': ' || string_agg("
        "columns || ': ' || rule || ' (' || wrong || ' rows)', '; ' order by columns, rule)) end"
    ) -}}
{% endmacro %}
