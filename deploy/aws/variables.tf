variable "name" {
  description = "Of everything that is made; part of the bucket's name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,20}$", var.name))
    error_message = "3 to 21 small letters, digits and hyphens, a letter first."
  }
}

variable "region" {
  description = "Where the imagery lies, or traffic between regions is paid: us-west-2 for Earth Search, eu-central-1 for Sinergise."
  type        = string
}

variable "prefix" {
  description = "Of the project in the bucket; LULC_STORE is s3://<name>-<account>/<prefix>."
  type        = string
  default     = "maps"
}

variable "administrators" {
  description = "CIDR blocks from which the cluster's API is reached."
  type        = list(string)

  validation {
    condition     = length(var.administrators) > 0 && !contains(var.administrators, "0.0.0.0/0")
    error_message = "Name the networks of your administrators; the whole internet is not one."
  }
}

variable "kubernetes_version" {
  description = "Of the cluster."
  type        = string
  default     = "1.34"
}

variable "cpu_nodes" {
  description = "Nodes for all steps but those that train and predict: instance type, fewest and most."
  type        = object({ type = string, min = number, max = number })
  default     = { type = "m7i.2xlarge", min = 1, max = 20 }
}

variable "gpu_nodes" {
  description = "Nodes with a GPU; none stands while nothing trains or predicts."
  type        = object({ type = string, max = number, spot = bool })
  default     = { type = "g6.xlarge", max = 4, spot = true }
}

variable "database" {
  description = "Class of the PostgreSQL instance, and GB that it begins with and may grow to."
  type        = object({ class = string, gb = number, max_gb = number, multi_az = bool })
  default     = { class = "db.t4g.medium", gb = 50, max_gb = 500, multi_az = true }
}
