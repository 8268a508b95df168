{#- Fails on rows where low <= value <= high does not hold; nulls pass. -#}
{% test ordered(model, low, value, high) %}
    -- Sums of doubles may differ in the last digits.
    select *
    from {{ model }}
    where {{ low }} > {{ value }} + 1e-9 * abs({{ value }})
        or {{ value }} > {{ high }} + 1e-9 * abs({{ high }})
{% endtest %}
