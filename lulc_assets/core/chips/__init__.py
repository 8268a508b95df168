"""From scenes and label masks to chips: cut, filtered, split by place, stored in one file."""
