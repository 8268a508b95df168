{#- Fails where the sum of a column differs from that of a column of another model. -#}
{% test sums_to(model, column_name, other, other_column, counted='true') %}
    select mine.total as mine, theirs.total as theirs
    from (select coalesce(sum({{ column_name }}), 0) as total from {{ model }}) as mine
    cross join (
        select coalesce(sum({{ other_column }}), 0) as total from {{ other }} where {{ counted }}
    ) as theirs
    -- Sums of doubles may differ in the last digits.
    where abs(mine.total - theirs.total) > 1e-9 * (1 + abs(theirs.total))
{% endtest %}
