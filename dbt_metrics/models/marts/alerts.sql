-- depends_on: {{ source('lulc', 'metric_tables') }}
{{ read_files(var('alert_files'), {
    'tile': 'varchar',
    'year': 'bigint',
    'alert_id': 'varchar',
    'step': 'varchar',
    'from_class': 'varchar',
    'to_class': 'varchar',
    'area_ha': 'double',
    'confirmed_ha': 'double',
    'probability': 'double',
    'first_on': 'varchar',
    'possible_on': 'varchar',
    'likely_on': 'varchar',
    'confirmed_on': 'varchar',
    'rejected_on': 'varchar',
    'alerts_digest': 'varchar',
}) }}
order by tile, year, alert_id
