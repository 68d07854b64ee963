//! The page as a value, with what belongs to it.

use std::sync::Arc;

use crate::histogram::Histograms;
use crate::renderer::Renderer;
use crate::store::Store;
use crate::{InstallError, Page, PrometheusBuilder, Recorder, Resource};

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
    recorder: Arc<Recorder>,
    renderer: Arc<Renderer>,
}

// === impl Prometheus ===

impl Prometheus {
    /// A page to be set up.
    pub fn builder() -> PrometheusBuilder {
        PrometheusBuilder::default()
    }

    pub(crate) fn new(resource: &Resource, histograms: Histograms) -> Self {
        let store = Arc::new(Store::new(resource, histograms));
        let renderer = Arc::new(Renderer::new(Arc::clone(&store)));
        let recorder = Arc::new(Recorder::new(store));
        Self { recorder, renderer }
    }

    /// Where measurements for this page go in. Each call gives the same recorder, so that layers
    /// which are handed it know each other by its address.
    pub fn recorder(&self) -> Arc<Recorder> {
        Arc::clone(&self.recorder)
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
