-- The files come by the variable; the source only tells Dagster where they come from:
-- depends_on: {{ source('lulc', 'metric_tables') }}
{{ read_files(var('metric_files'), metric_columns()) }}
order by scope, key, year, metric, class_name, reference_class
