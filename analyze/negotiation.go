package analyze

func negotiationRules() []*Rule {
	return []*Rule{
		&tlcpMismatch, &inappropriateFallback, &downgradeDetected, &unofferedChoice, &versionNoOverlap,
		&dheOnlyServer, &rsaKexOnlyServer, &certTypeNoOverlap, &cipherNoOverlap, &groupNoOverlap, &sigalgNoOverlap,
		&alpnNoOverlap, &sniMissing, &sniUnknown, &sniWarning, &dhKeyTooSmall,
		&renegotiationUnsupported, &emsRequired, &missingExtension, &helloRetryFailed, &pskUnknown, &pskWrongKey,
		&resumptionRefused, &echRejected,
		&versionIntolerance,
	}
}
