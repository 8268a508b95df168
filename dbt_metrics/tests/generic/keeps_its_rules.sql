{#- Fails where rows break a rule that stands under `meta` of the model or of its columns.

    One test a model, since a build runs each test as a query with events of its own: a hundred of
    them took longer than making the tables. The failure names columns, rule and rows. -#}
{% test keeps_its_rules(model) %}
    {{ config(fail_calc=say_broken()) }}
    {%- if execute %}
    {%- set node = graph.nodes['model.' ~ project_name ~ '.' ~ model.identifier] %}
    select '{{ node.name }}' as named, columns, rule, wrong
    from ({{ rules_of(node, model) }})
    where wrong > 0
    {%- endif %}
{% endtest %}
