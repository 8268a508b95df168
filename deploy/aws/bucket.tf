# Products, and beside them what was read and refused. Names hold the account: they are global.
data "aws_caller_identity" "me" {}

resource "aws_kms_key" "this" {
  description             = "${var.name}: bucket, database, secrets of the cluster"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = data.aws_iam_policy_document.key.json
}

data "aws_iam_policy_document" "key" {
  #checkov:skip=CKV_AWS_111:a key's policy is of this key only
  #checkov:skip=CKV_AWS_356:a key's policy is of this key only
  #checkov:skip=CKV_AWS_109:without the account nobody could change the key any more
  statement {
    sid       = "Account"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${data.aws_caller_identity.me.account_id}:root"]
    }
  }
}

resource "aws_s3_bucket" "products" {
  #checkov:skip=CKV2_AWS_62:nothing waits for objects; the commit record says what is new
  #checkov:skip=CKV_AWS_144:what is lost can be made again from the imagery, byte for byte
  bucket = "${var.name}-${data.aws_caller_identity.me.account_id}"
}

# Records are replaced, content never is: an old version is what brings back a record that a person
# overwrote or deleted.
resource "aws_s3_bucket_versioning" "products" {
  bucket = aws_s3_bucket.products.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "products" {
  bucket = aws_s3_bucket.products.id

  rule {
    bucket_key_enabled = true # one request to KMS a session, not one an object

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.this.arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "products" {
  bucket                  = aws_s3_bucket.products.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_lifecycle_configuration" "products" {
  bucket = aws_s3_bucket.products.id

  rule {
    id     = "parts-of-killed-uploads"
    status = "Enabled"
    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  rule {
    id     = "what-ops-handed-on"
    status = "Enabled"

    filter {
      prefix = join("/", [var.prefix, "work", "ops", ""])
    }

    expiration {
      days = 30
    }
  }

  rule {
    id     = "old-versions"
    status = "Enabled"
    filter {}

    noncurrent_version_expiration {
      noncurrent_days = 90
    }
  }
}

resource "aws_s3_bucket_policy" "products" {
  bucket = aws_s3_bucket.products.id
  policy = data.aws_iam_policy_document.only_tls.json
}

data "aws_iam_policy_document" "only_tls" {
  statement {
    sid       = "OnlyTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.products.arn, "${aws_s3_bucket.products.arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_logging" "products" {
  bucket        = aws_s3_bucket.products.id
  target_bucket = aws_s3_bucket.logs.id
  target_prefix = "access/"
}

resource "aws_s3_bucket" "logs" {
  #checkov:skip=CKV2_AWS_62:nothing waits for logs
  #checkov:skip=CKV_AWS_144:logs are not needed elsewhere
  #checkov:skip=CKV_AWS_145:S3 delivers its own logs to no bucket with a key of one's own
  bucket = "${var.name}-${data.aws_caller_identity.me.account_id}-logs"
}

resource "aws_s3_bucket_versioning" "logs" {
  bucket = aws_s3_bucket.logs.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256" # S3 delivers its own logs to no bucket with a key of one's own
    }
  }
}

resource "aws_s3_bucket_public_access_block" "logs" {
  bucket                  = aws_s3_bucket.logs.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_lifecycle_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    id     = "a-year"
    status = "Enabled"
    filter {}

    expiration {
      days = 365
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}
