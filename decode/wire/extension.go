package wire

// Extensions that package wire reads.
const (
	ExtServerName              ExtensionType = 0
	ExtMaxFragmentLength       ExtensionType = 1
	ExtStatusRequest           ExtensionType = 5
	ExtSupportedGroups         ExtensionType = 10
	ExtECPointFormats          ExtensionType = 11
	ExtSignatureAlgorithms     ExtensionType = 13
	ExtUseSRTP                 ExtensionType = 14
	ExtHeartbeat               ExtensionType = 15
	ExtALPN                    ExtensionType = 16
	ExtSCT                     ExtensionType = 18
	ExtPadding                 ExtensionType = 21
	ExtEncryptThenMAC          ExtensionType = 22
	ExtExtendedMasterSecret    ExtensionType = 23
	ExtCompressCertificate     ExtensionType = 27
	ExtRecordSizeLimit         ExtensionType = 28
	ExtDelegatedCredential     ExtensionType = 34
	ExtSessionTicket           ExtensionType = 35
	ExtKeyShareOld             ExtensionType = 40 // drafts of TLS 1.3 before 23
	ExtPreSharedKey            ExtensionType = 41
	ExtEarlyData               ExtensionType = 42
	ExtSupportedVersions       ExtensionType = 43
	ExtCookie                  ExtensionType = 44
	ExtPSKKeyExchangeModes     ExtensionType = 45
	ExtCertificateAuthorities  ExtensionType = 47
	ExtPostHandshakeAuth       ExtensionType = 49
	ExtSignatureAlgorithmsCert ExtensionType = 50
	ExtKeyShare                ExtensionType = 51
	ExtConnectionID            ExtensionType = 54
	ExtQUICTransportParameters ExtensionType = 57
	ExtNextProtocolNegotiation ExtensionType = 13172
	ExtECH                     ExtensionType = 0xfe0d
	ExtRenegotiationInfo       ExtensionType = 0xff01
	ExtESNI                    ExtensionType = 0xffce
)

// Name is the IANA name, as "server_name".
func (e ExtensionType) Name() string {
	return codePointName(extensionName(uint16(e)), uint16(e), e>>8 == 0xff)
}

func (e ExtensionType) String() string { return e.Name() }

// Known reports whether the number has a name.
func (e ExtensionType) Known() bool { return extensionName(uint16(e)) != "" }

// IsGREASE reports a reserved value of RFC 8701.
func (e ExtensionType) IsGREASE() bool { return isGREASE(uint16(e)) }

// field is the name of the extension as a field of a message.
func (e ExtensionType) field() string {
	if name := extensionName(uint16(e)); name != "" {
		return name
	}
	return "extension"
}
