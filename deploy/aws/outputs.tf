# What the overlay of Kubernetes and the chart's values are filled in with.
output "store" {
  description = "LULC_STORE."
  value       = "s3://${aws_s3_bucket.products.id}/${var.prefix}"
}

output "log_bucket" {
  description = "LULC_LOG_BUCKET."
  value       = aws_s3_bucket.products.id
}

output "role" {
  description = "eks.amazonaws.com/role-arn of the service account."
  value       = aws_iam_role.pods.arn
}

output "database_host" {
  description = "postgresql.postgresqlHost of the values."
  value       = aws_db_instance.this.address
}

output "database_secret" {
  description = "Secret of Secrets Manager with the database's password."
  value       = aws_db_instance.this.master_user_secret[0].secret_arn
}

output "cluster" {
  description = "aws eks update-kubeconfig --name ..."
  value       = aws_eks_cluster.this.name
}
