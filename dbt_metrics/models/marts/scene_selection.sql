-- depends_on: {{ source('lulc', 'metric_tables') }}
{{ read_files(var('scene_files'), {
    'tile': 'varchar',
    'year': 'bigint',
    'scene_id': 'varchar',
    'date': 'varchar',
    'provider': 'varchar',
    'baseline': 'varchar',
    'level': 'varchar',
    'offset': 'varchar',
    'cloud_cover_pct': 'double',
    'clear_pct': 'double',
    'nodata_pct': 'double',
    'selected': 'boolean',
    'in_map': 'boolean',
    'reason': 'varchar',
    'catalog_digest': 'varchar',
}) }}
order by tile, year, date, scene_id
