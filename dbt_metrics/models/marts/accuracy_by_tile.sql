{{ accuracy_of_scope('tile', 'tile') }}
