-- depends_on: {{ source('lulc', 'metric_tables') }}
{{ read_files(var('map_files'), {
    'tile': 'varchar',
    'year': 'bigint',
    'scenes': 'bigint',
    'datatakes': 'bigint',
    'failed_scenes': 'bigint',
    'newest_date': 'varchar',
    'observations_median': 'double',
    'no_data_pct': 'double',
    'mask_overruled_pixels': 'bigint',
    'sieved_pixels': 'bigint',
    'map_digest': 'varchar',
    'model_digest': 'varchar',
}) }}
order by tile, year
