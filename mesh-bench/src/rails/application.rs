//! The application that is served: its files, its database, and how its processes start.

use crate::allocators::Allocator;
use crate::launch::Running;
use crate::programs;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// Files with a database that is copied for each server.
pub(super) struct Application {
    directory: PathBuf,
    scale: u64,
}

/// A place for what one server writes.
pub(super) struct Place {
    directory: TempDir,
}

macro_rules! files {
    ($($path:literal from $source:literal,)*) => {
        [$(($path, include_str!(concat!("app/", $source)))),*]
    };
}

const FILES: [(&str, &str); 30] = files! {
    "config.ru" from "config.ru",
    "config/application.rb" from "config/application.rb",
    "config/database.yml" from "config/database.yml",
    "config/environment.rb" from "config/environment.rb",
    "config/puma.rb" from "config/puma.rb",
    "config/routes.rb" from "config/routes.rb",
    "app/controllers/application_controller.rb" from "controllers/application_controller.rb",
    "app/controllers/customers_controller.rb" from "controllers/customers_controller.rb",
    "app/controllers/events_controller.rb" from "controllers/events_controller.rb",
    "app/controllers/exports_controller.rb" from "controllers/exports_controller.rb",
    "app/controllers/operations_controller.rb" from "controllers/operations_controller.rb",
    "app/controllers/orders_controller.rb" from "controllers/orders_controller.rb",
    "app/controllers/products_controller.rb" from "controllers/products_controller.rb",
    "app/jobs/collect_job.rb" from "jobs/collect_job.rb",
    "app/jobs/export_job.rb" from "jobs/export_job.rb",
    "app/jobs/summary_job.rb" from "jobs/summary_job.rb",
    "app/models/application_record.rb" from "models/application_record.rb",
    "app/models/customer.rb" from "models/customer.rb",
    "app/models/event.rb" from "models/event.rb",
    "app/models/export.rb" from "models/export.rb",
    "app/models/line_item.rb" from "models/line_item.rb",
    "app/models/order.rb" from "models/order.rb",
    "app/models/product.rb" from "models/product.rb",
    "app/models/result.rb" from "models/result.rb",
    "db/seed.rb" from "db/seed.rb",
    "app/views/layouts/application.html.erb" from "views/layouts/application.html.erb",
    "app/views/orders/_order.html.erb" from "views/orders/_order.html.erb",
    "app/views/orders/index.html.erb" from "views/orders/index.html.erb",
    "app/views/orders/show.html.erb" from "views/orders/show.html.erb",
    "app/views/products/index.html.erb" from "views/products/index.html.erb",
};

const SEED_LIMIT: Duration = Duration::from_secs(300);
const DATABASE: &str = "shop.sqlite3";

impl Application {
    /// Writes all files to `directory`, and makes the database.
    pub(super) fn create(directory: &Path, scale: u64) -> Result<Self> {
        for (path, contents) in FILES {
            let path = directory.join(path);
            let parent = path.parent().context("a file of the application")?;
            std::fs::create_dir_all(parent)
                .and_then(|()| std::fs::write(&path, contents))
                .with_context(|| path.display().to_string())?;
        }
        let application = Self {
            directory: directory.to_owned(),
            scale,
        };
        let mut seed = application.command("ruby", &directory.join(DATABASE))?;
        seed.args(["db/seed.rb", &scale.to_string()]);
        Running::start(seed, None)?
            .wait(SEED_LIMIT)?
            .success()
            .context("the database of the application")?;
        Ok(application)
    }

    /// The size of the database: 4 customers, 10 products and 80 orders for each unit.
    pub(super) fn scale(&self) -> u64 {
        self.scale
    }

    /// A new place with a copy of the database.
    pub(super) fn place(&self) -> Result<Place> {
        let directory = tempfile::Builder::new()
            .prefix("mesh-bench-rails-place")
            .tempdir()?;
        let to = directory.path().join(DATABASE);
        std::fs::copy(self.directory.join(DATABASE), &to)
            .with_context(|| to.display().to_string())?;
        Ok(Place { directory })
    }

    /// The command for a server of the application in `place`, under `allocator`.
    pub(super) fn server(
        &self,
        program: &str,
        place: &Place,
        allocator: &Allocator,
    ) -> Result<Command> {
        let mut command = self.command(program, &place.file(DATABASE))?;
        allocator.preload(&mut command);
        Ok(command)
    }

    fn command(&self, program: &str, database: &Path) -> Result<Command> {
        let mut command = Command::new(programs::find(program)?);
        command
            .current_dir(&self.directory)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .env("RAILS_ENV", "production")
            .env("SHOP_DATABASE", database)
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC")
            .env_remove("RUBYOPT")
            .env_remove("BUNDLE_GEMFILE");
        Ok(command)
    }
}

impl Place {
    /// The path of a file in it.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}
