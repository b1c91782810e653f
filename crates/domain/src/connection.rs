//! A provider connection's three separate axes (P-02).

use crate::words::words;

words! {
    /// Whether an administrator of the directory has consented.
    pub enum ConsentStatus {
        /// Nobody was asked yet.
        Unknown = "unknown",
        /// Consent is there.
        Granted = "granted",
        /// The directory was asked, and consent is not there: withdrawn, or never given.
        Revoked = "revoked",
    }
}

words! {
    /// What the last verification found.
    pub enum VerificationStatus {
        /// Never verified.
        Unverified = "unverified",
        /// Everything an operation needs is there.
        Healthy = "healthy",
        /// Usable, with findings that need attention.
        Degraded = "degraded",
        /// Not usable.
        Failed = "failed",
    }
}

words! {
    /// What a connection signs in with.
    pub enum CredentialKind {
        /// A secret that the directory made.
        ClientSecret = "client_secret",
        /// A certificate with its private key.
        Certificate = "certificate",
    }
}

impl CredentialKind {
    /// What it is called on pages.
    pub const fn label(self) -> &'static str {
        match self {
            Self::ClientSecret => "client secret",
            Self::Certificate => "certificate",
        }
    }
}

impl ConsentStatus {
    /// What the status is called on pages.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Unknown => "Unknown",
            Self::Granted => "Granted",
            Self::Revoked => "Not granted",
        }
    }
}

impl VerificationStatus {
    /// Whether operations that need a verified connection may run.
    pub const fn is_usable(self) -> bool {
        matches!(self, Self::Healthy | Self::Degraded)
    }

    /// What the status is called on pages.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Unverified => "Not verified",
            Self::Healthy => "Healthy",
            Self::Degraded => "Needs attention",
            Self::Failed => "Failed",
        }
    }
}
