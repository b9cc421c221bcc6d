package packet

import (
	"fmt"

	"tlswhy/decode/capture"
)

// The link types that are read: https://www.tcpdump.org/linktypes.html.
// linkRaw12 and linkRaw14 are DLT_RAW's values that some writers put into
// files.
const (
	linkNull                   capture.LinkType = 0
	linkEthernet               capture.LinkType = 1
	linkPPP                    capture.LinkType = 9
	linkRaw12                  capture.LinkType = 12
	linkRaw14                  capture.LinkType = 14
	linkPPPHDLC                capture.LinkType = 50
	linkPPPEther               capture.LinkType = 51
	linkATM                    capture.LinkType = 100
	linkRaw                    capture.LinkType = 101
	linkCHDLC                  capture.LinkType = 104
	link80211                  capture.LinkType = 105
	linkFrameRelay             capture.LinkType = 107
	linkLoop                   capture.LinkType = 108
	linkENC                    capture.LinkType = 109
	linkLinuxSLL               capture.LinkType = 113
	linkPFLog                  capture.LinkType = 117
	linkPrism                  capture.LinkType = 119
	linkIPoverFC               capture.LinkType = 122
	linkSunATM                 capture.LinkType = 123
	linkRadiotap               capture.LinkType = 127
	linkAVS                    capture.LinkType = 163
	linkPPPPPPD                capture.LinkType = 166
	linkPPI                    capture.LinkType = 192
	linkERF                    capture.LinkType = 197
	linkPPPoverDir             capture.LinkType = 204
	linkCHDLCDir               capture.LinkType = 205
	linkFrameRelayDir          capture.LinkType = 206
	linkMPLS                   capture.LinkType = 219
	linkIPNet                  capture.LinkType = 226
	linkIPv4                   capture.LinkType = 228
	linkIPv6                   capture.LinkType = 229
	linkNFLog                  capture.LinkType = 239
	linkNetAnalyzer            capture.LinkType = 240
	linkNetAnalyzerTransparent capture.LinkType = 241
	linkIPoIB                  capture.LinkType = 242
	linkPktap                  capture.LinkType = 258
	linkMPacket                capture.LinkType = 274
	linkLinuxSLL2              capture.LinkType = 276
	linkBroadcom               capture.LinkType = 281
	linkBroadcomPrepended      capture.LinkType = 282
	linkDSA                    capture.LinkType = 284
	linkEDSA                   capture.LinkType = 285
)

// LinkName names a link type as tcpdump.org's list does, without LINKTYPE_.
func LinkName(t capture.LinkType) string {
	for _, l := range linkNames {
		if l.link == t {
			return l.name
		}
	}
	return fmt.Sprintf("link type %d", uint16(t))
}

// linkNames are those that are read, and others that captures have.
var linkNames = [...]struct {
	link capture.LinkType
	name string
}{
	{0, "NULL"}, {1, "ETHERNET"}, {3, "AX25"}, {6, "IEEE802_5"}, {7, "ARCNET_BSD"}, {8, "SLIP"}, {9, "PPP"},
	{10, "FDDI"}, {12, "RAW"}, {14, "RAW"}, {50, "PPP_HDLC"}, {51, "PPP_ETHER"}, {99, "SYMANTEC_FIREWALL"},
	{100, "ATM_RFC1483"}, {101, "RAW"}, {104, "C_HDLC"}, {105, "IEEE802_11"}, {107, "FRELAY"}, {108, "LOOP"},
	{109, "ENC"}, {113, "LINUX_SLL"}, {114, "LTALK"}, {117, "PFLOG"}, {119, "IEEE802_11_PRISM"},
	{122, "IP_OVER_FC"}, {123, "SUNATM"}, {127, "IEEE802_11_RADIOTAP"}, {129, "ARCNET_LINUX"},
	{138, "APPLE_IP_OVER_IEEE1394"}, {140, "MTP2"}, {141, "MTP3"}, {142, "SCCP"}, {143, "DOCSIS"},
	{144, "LINUX_IRDA"}, {147, "USER0"}, {148, "USER1"}, {149, "USER2"}, {150, "USER3"}, {151, "USER4"},
	{152, "USER5"}, {153, "USER6"}, {154, "USER7"}, {155, "USER8"}, {156, "USER9"}, {157, "USER10"},
	{158, "USER11"}, {159, "USER12"}, {160, "USER13"}, {161, "USER14"}, {162, "USER15"},
	{163, "IEEE802_11_AVS"}, {165, "BACNET_MS_TP"}, {166, "PPP_PPPD"}, {169, "GPRS_LLC"}, {177, "LINUX_LAPD"},
	{187, "BLUETOOTH_HCI_H4"}, {189, "USB_LINUX"}, {192, "PPI"}, {195, "IEEE802_15_4_WITHFCS"}, {197, "ERF"},
	{201, "BLUETOOTH_HCI_H4_WITH_PHDR"}, {203, "LAPD"}, {204, "PPP_WITH_DIR"}, {205, "C_HDLC_WITH_DIR"},
	{206, "FRELAY_WITH_DIR"}, {209, "IPMB_LINUX"}, {210, "FLEXRAY"}, {212, "LIN"}, {215, "IEEE802_15_4_NONASK_PHY"},
	{219, "MPLS"}, {220, "USB_LINUX_MMAPPED"}, {224, "FC_2"}, {225, "FC_2_WITH_FRAME_DELIMS"}, {226, "IPNET"},
	{227, "CAN_SOCKETCAN"}, {228, "IPV4"}, {229, "IPV6"}, {230, "IEEE802_15_4_NOFCS"}, {231, "DBUS"},
	{239, "NFLOG"}, {240, "NETANALYZER"}, {241, "NETANALYZER_TRANSPARENT"}, {242, "IPOIB"}, {243, "MPEG_2_TS"},
	{245, "NFC_LLCP"}, {247, "INFINIBAND"}, {248, "SCTP"}, {249, "USBPCAP"}, {251, "BLUETOOTH_LE_LL"},
	{252, "WIRESHARK_UPPER_PDU"}, {253, "NETLINK"}, {254, "BLUETOOTH_LINUX_MONITOR"}, {258, "PKTAP"}, {259, "EPON"},
	{265, "USB_DARWIN"}, {271, "VSOCK"}, {272, "NORDIC_BLE"}, {274, "ETHERNET_MPACKET"}, {276, "LINUX_SLL2"},
	{281, "DSA_TAG_BRCM"}, {282, "DSA_TAG_BRCM_PREPEND"}, {283, "IEEE802_15_4_TAP"}, {284, "DSA_TAG_DSA"},
	{285, "DSA_TAG_EDSA"},
}
