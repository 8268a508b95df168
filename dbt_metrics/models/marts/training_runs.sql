-- depends_on: {{ source('lulc', 'metric_tables') }}
{{ read_files(var('training_files'), {
    'training': 'bigint',
    'candidate_digest': 'varchar',
    'epochs': 'bigint',
    'best_epoch': 'bigint',
    'training_chips': 'bigint',
    'validation_chips': 'bigint',
    'validation_accuracy': 'double',
    'calibration_error_before': 'double',
    'calibration_error_after': 'double',
    'classes_taught': 'bigint',
    'verdict': 'varchar',
    'reason': 'varchar',
    'gold_agreement': 'double',
    'gold_pixels': 'bigint',
    'gold_windows': 'bigint',
    'in_use': 'boolean',
    'bundle_digest': 'varchar',
    'settings': 'varchar',
}) }}
order by training
