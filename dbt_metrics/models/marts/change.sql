-- depends_on: {{ source('lulc', 'metric_tables') }}
{{ read_files(var('change_files'), {
    'tile': 'varchar',
    'year': 'bigint',
    'from_class': 'varchar',
    'to_class': 'varchar',
    'grade': 'varchar',
    'pixels': 'bigint',
    'area_ha': 'double',
    'change_digest': 'varchar',
    'model_digest': 'varchar',
}) }}
order by tile, year, from_class, to_class, grade
