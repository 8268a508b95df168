-- depends_on: {{ source('lulc', 'metric_tables') }}
{{ read_files(var('duration_files'), {
    'asset': 'varchar',
    'key': 'varchar',
    'year': 'bigint',
    'made_at': 'varchar',
    'seconds': 'double',
    'cost': 'double',
    'currency': 'varchar',
    'digest': 'varchar',
    'run_id': 'varchar',
}) }}
order by asset, key, year, made_at, digest
