{#- Fails on values of a column outside low <= value <= high; nulls pass, a missing bound too. -#}
{% test within(model, column_name, low=none, high=none) %}
    select *
    from {{ model }}
    where false
    {%- if low is not none %} or {{ column_name }} < {{ low }}{% endif %}
    {%- if high is not none %} or {{ column_name }} > {{ high }}{% endif %}
{% endtest %}
