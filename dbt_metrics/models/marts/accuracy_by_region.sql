{{ accuracy_of_scope('region', 'region') }}
