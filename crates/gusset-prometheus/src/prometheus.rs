//! The page as a value, with what belongs to it.

use std::sync::Arc;

use gusset_metrics::Registry;

use crate::renderer::Renderer;
use crate::store::Store;
use crate::{InstallError, Page, PrometheusBuilder, Resource};

/// One scrape page with everything behind it: where measurements go in ([`recorder`]), and where
/// they come out ([`page`], and with the feature `listener` a listener).
///
/// It is a value, not a place: several live in one process and know nothing of each other, until one
/// of them is made global by name. A clone is another handle to the same page.
///
/// [`recorder`]: Self::recorder
/// [`page`]: Self::page
///
/// ```
/// use gusset_prometheus::Prometheus;
///
/// # fn main() -> Result<(), gusset_prometheus::BuildError> {
/// let (one, other) = (Prometheus::builder().build()?, Prometheus::builder().build()?);
/// metrics::with_local_recorder(&one.recorder(), || metrics::counter!("hits").increment(1));
///
/// assert!(one.page().render().contains("hits_total 1"));
/// assert!(!other.page().render().contains("hits_total"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Prometheus {
    renderer: Arc<Renderer>,
}

// === impl Prometheus ===

impl Prometheus {
    /// A page to be set up.
    pub fn builder() -> PrometheusBuilder {
        PrometheusBuilder::default()
    }

    pub(crate) fn new(resource: &Resource, registry: Arc<Registry>) -> Self {
        let store = Arc::new(Store::new(resource, registry));
        let renderer = Arc::new(Renderer::new(store));
        Self { renderer }
    }

    /// Where measurements for this page go in: a [`metrics::Recorder`]. Each call gives the same
    /// one, so that layers which are handed it know each other by its address.
    ///
    /// It is where they come out as values, too: a [`MetricProducer`](gusset_data::MetricProducer), for
    /// a road beside the page that is to tell the same numbers.
    ///
    /// ```
    /// use gusset_data::MetricProducer as _;
    ///
    /// # fn main() -> Result<(), gusset_prometheus::BuildError> {
    /// let prometheus = gusset_prometheus::Prometheus::builder().build()?;
    /// let recorder = prometheus.recorder();
    /// metrics::with_local_recorder(&recorder, || metrics::counter!("hits").increment(1));
    ///
    /// assert!(prometheus.page().render().contains("hits_total 1"));
    /// assert_eq!(recorder.metrics()[0].name, "hits");
    /// # Ok(())
    /// # }
    /// ```
    pub fn recorder(&self) -> Arc<Registry> {
        Arc::clone(self.renderer.store().registry())
    }

    /// The page, to be mounted on a server or rendered by hand. Each call gives a handle to the same
    /// page.
    pub fn page(&self) -> Page {
        Page::new(Arc::clone(&self.renderer))
    }

    /// A listener for the page alone, to be set up; see [`ListenerBuilder`](crate::ListenerBuilder).
    #[cfg(feature = "listener")]
    pub fn listener(&self) -> crate::ListenerBuilder {
        crate::ListenerBuilder::new(self.page())
    }

    /// Serves the page on a listener of its own, where the environment says or on `127.0.0.1:9464`:
    /// short for [`listener`](Self::listener)`().start()`.
    ///
    /// # Errors
    ///
    /// [`ListenError`](crate::ListenError) if a variable is malformed or the address cannot be had.
    #[cfg(feature = "listener")]
    pub fn listen(&self) -> Result<crate::Listener, crate::ListenError> {
        self.listener().start()
    }

    /// Makes [`recorder`](Self::recorder) the recorder of the whole process, so that
    /// `metrics::counter!` and its like land on this page from anywhere, in libraries too. This
    /// cannot be undone, and what is recorded lives as long as the process.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let prometheus = gusset_prometheus::Prometheus::builder().build()?;
    /// prometheus.install_global()?;
    /// metrics::counter!("started").increment(1);
    ///
    /// assert!(prometheus.page().render().contains("started_total 1"));
    /// assert!(prometheus.install_global().is_err(), "a process has one global recorder");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`InstallError`] if the process has a global recorder already, be it this one.
    pub fn install_global(&self) -> Result<(), InstallError> {
        metrics::set_global_recorder(self.recorder()).map_err(|_| InstallError::new())
    }
}
