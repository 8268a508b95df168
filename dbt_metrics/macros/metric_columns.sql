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
