{#- Fails where the sum of a column differs from that of the column of another model. -#}
{% test sums_to(model, columns, other, counted='true') %}
    {{ config(fail_calc=say_broken()) }}
    {%- for column in columns %}
    select
        '{{ model.identifier }}' as named,
        '{{ column }}' as columns,
        'sums_to {{ other.identifier }} ' || mine.total || ' <> ' || theirs.total as rule,
        mine.number as wrong
    from (
        select coalesce(sum({{ column }}), 0) as total, count(*) as number from {{ model }}
    ) as mine
    cross join (
        select coalesce(sum({{ column }}), 0) as total from {{ other }} where {{ counted }}
    ) as theirs
    -- Sums of doubles may differ in the last digits.
    where abs(mine.total - theirs.total) > 1e-9 * (1 + abs(theirs.total))
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{% endtest %}
