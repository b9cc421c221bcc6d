package capture

import "strconv"

// LinkType says how the first byte of a packet is to be read. The values are
// those of https://www.tcpdump.org/linktypes.html (16 bits wide).
type LinkType uint16

// Link types by the names of that list. Raw12 and Raw14 are what some BSDs
// write where LINKTYPE_RAW (101) is meant; ETW is what Windows event traces
// converted to pcapng carry.
const (
	LinkNull                   LinkType = 0
	LinkEthernet               LinkType = 1
	LinkExpEthernet            LinkType = 2
	LinkAX25                   LinkType = 3
	LinkProNet                 LinkType = 4
	LinkChaos                  LinkType = 5
	LinkTokenRing              LinkType = 6
	LinkArcnetBSD              LinkType = 7
	LinkSLIP                   LinkType = 8
	LinkPPP                    LinkType = 9
	LinkFDDI                   LinkType = 10
	LinkRaw12                  LinkType = 12
	LinkRaw14                  LinkType = 14
	LinkPPPHDLC                LinkType = 50
	LinkPPPEther               LinkType = 51
	LinkSymantecFirewall       LinkType = 99
	LinkATMRFC1483             LinkType = 100
	LinkRaw                    LinkType = 101
	LinkCHDLC                  LinkType = 104
	LinkIEEE80211              LinkType = 105
	LinkATMClip                LinkType = 106
	LinkFrameRelay             LinkType = 107
	LinkLoop                   LinkType = 108
	LinkEnc                    LinkType = 109
	LinkNetBSDHDLC             LinkType = 112
	LinkLinuxSLL               LinkType = 113
	LinkLTalk                  LinkType = 114
	LinkEconet                 LinkType = 115
	LinkIPFilter               LinkType = 116
	LinkPFLog                  LinkType = 117
	LinkCiscoIOS               LinkType = 118
	LinkPrism                  LinkType = 119
	LinkAironet                LinkType = 120
	LinkIPOverFC               LinkType = 122
	LinkSunATM                 LinkType = 123
	LinkRadiotap               LinkType = 127
	LinkTZSP                   LinkType = 128
	LinkArcnetLinux            LinkType = 129
	LinkJuniperMLPPP           LinkType = 130
	LinkJuniperMLFR            LinkType = 131
	LinkJuniperES              LinkType = 132
	LinkJuniperGGSN            LinkType = 133
	LinkJuniperMFR             LinkType = 134
	LinkJuniperATM2            LinkType = 135
	LinkJuniperServices        LinkType = 136
	LinkJuniperATM1            LinkType = 137
	LinkAppleIPOverIEEE1394    LinkType = 138
	LinkMTP2WithPHDR           LinkType = 139
	LinkMTP2                   LinkType = 140
	LinkMTP3                   LinkType = 141
	LinkSCCP                   LinkType = 142
	LinkDOCSIS                 LinkType = 143
	LinkIrDA                   LinkType = 144
	LinkUser0                  LinkType = 145
	LinkUser1                  LinkType = 146
	LinkUser2                  LinkType = 147
	LinkUser3                  LinkType = 148
	LinkUser4                  LinkType = 149
	LinkUser5                  LinkType = 150
	LinkUser6                  LinkType = 151
	LinkUser7                  LinkType = 152
	LinkUser8                  LinkType = 153
	LinkUser9                  LinkType = 154
	LinkUser10                 LinkType = 155
	LinkUser11                 LinkType = 156
	LinkUser12                 LinkType = 157
	LinkUser13                 LinkType = 158
	LinkUser14                 LinkType = 159
	LinkUser15                 LinkType = 160
	LinkUser16                 LinkType = 161
	LinkUser17                 LinkType = 162
	LinkAVS                    LinkType = 163
	LinkJuniperMonitor         LinkType = 164
	LinkBACnetMSTP             LinkType = 165
	LinkPPPPPPD                LinkType = 166
	LinkJuniperPPPoE           LinkType = 167
	LinkJuniperPPPoEATM        LinkType = 168
	LinkGPRSLLC                LinkType = 169
	LinkGPFT                   LinkType = 170
	LinkGPFF                   LinkType = 171
	LinkLAPD                   LinkType = 177
	LinkJuniperEther           LinkType = 178
	LinkJuniperPPP             LinkType = 179
	LinkJuniperFrameRelay      LinkType = 180
	LinkJuniperCHDLC           LinkType = 181
	LinkMFR                    LinkType = 182
	LinkBluetoothHCIH4         LinkType = 187
	LinkUSBLinux               LinkType = 189
	LinkPPI                    LinkType = 192
	LinkIEEE802154             LinkType = 195
	LinkSITA                   LinkType = 196
	LinkERF                    LinkType = 197
	LinkBluetoothHCIH4PHDR     LinkType = 201
	LinkAX25KISS               LinkType = 202
	LinkLAPDWithDir            LinkType = 203
	LinkPPPWithDir             LinkType = 204
	LinkCHDLCWithDir           LinkType = 205
	LinkFrameRelayWithDir      LinkType = 206
	LinkLAPBWithDir            LinkType = 207
	LinkIPMB                   LinkType = 209
	LinkFlexRay                LinkType = 210
	LinkLIN                    LinkType = 212
	LinkIEEE802154Linux        LinkType = 214
	LinkIEEE802154NonASK       LinkType = 215
	LinkMPLS                   LinkType = 219
	LinkUSBLinuxMmapped        LinkType = 220
	LinkFC2                    LinkType = 224
	LinkFC2WithFrameDelims     LinkType = 225
	LinkIPNet                  LinkType = 226
	LinkCANSocketCAN           LinkType = 227
	LinkIPv4                   LinkType = 228
	LinkIPv6                   LinkType = 229
	LinkIEEE802154NoFCS        LinkType = 230
	LinkDBus                   LinkType = 231
	LinkDVBCI                  LinkType = 235
	LinkMUX27010               LinkType = 236
	LinkSTANAG5066             LinkType = 237
	LinkNFLog                  LinkType = 239
	LinkNetAnalyzer            LinkType = 240
	LinkNetAnalyzerTransparent LinkType = 241
	LinkIPoIB                  LinkType = 242
	LinkMPEG2TS                LinkType = 243
	LinkNG40                   LinkType = 244
	LinkNFCLLCP                LinkType = 245
	LinkInfiniBand             LinkType = 247
	LinkSCTP                   LinkType = 248
	LinkUSBPcap                LinkType = 249
	LinkRTACSerial             LinkType = 250
	LinkBluetoothLELL          LinkType = 251
	LinkNetlink                LinkType = 253
	LinkBluetoothLinuxMonitor  LinkType = 254
	LinkBluetoothBREDRBB       LinkType = 255
	LinkBluetoothLELLWithPHDR  LinkType = 256
	LinkPROFIBUSDL             LinkType = 257
	LinkPKTap                  LinkType = 258
	LinkEPON                   LinkType = 259
	LinkIPMIHPM2               LinkType = 260
	LinkZWaveR1R2              LinkType = 261
	LinkZWaveR3                LinkType = 262
	LinkWattstopperDLM         LinkType = 263
	LinkISO14443               LinkType = 264
	LinkRDS                    LinkType = 265
	LinkUSBDarwin              LinkType = 266
	LinkOpenFlow               LinkType = 267
	LinkSDLC                   LinkType = 268
	LinkTILLNSniffer           LinkType = 269
	LinkLoRaTap                LinkType = 270
	LinkVSock                  LinkType = 271
	LinkNordicBLE              LinkType = 272
	LinkDOCSIS31XRA31          LinkType = 273
	LinkEthernetMPacket        LinkType = 274
	LinkDisplayPortAux         LinkType = 275
	LinkLinuxSLL2              LinkType = 276
	LinkSercosMonitor          LinkType = 277
	LinkOpenVizsla             LinkType = 278
	LinkEBHSCR                 LinkType = 279
	LinkVPPDispatch            LinkType = 280
	LinkDSATagBrcm             LinkType = 281
	LinkDSATagBrcmPrepend      LinkType = 282
	LinkIEEE802154Tap          LinkType = 283
	LinkDSATagDSA              LinkType = 284
	LinkDSATagEDSA             LinkType = 285
	LinkELEE                   LinkType = 286
	LinkZWaveSerial            LinkType = 287
	LinkUSB20                  LinkType = 288
	LinkATSCALP                LinkType = 289
	LinkETW                    LinkType = 290
	LinkNetAnalyzerNG          LinkType = 291
	LinkZBOSSNCP               LinkType = 292
	LinkUSB20LowSpeed          LinkType = 293
	LinkUSB20FullSpeed         LinkType = 294
	LinkUSB20HighSpeed         LinkType = 295
	LinkAuerswaldLog           LinkType = 296
	LinkZWaveTap               LinkType = 297
	LinkSilabsDebugChannel     LinkType = 298
	LinkFIRAUCI                LinkType = 299
)

var linkTypeNames = [...]string{
	LinkNull:                   "NULL",
	LinkEthernet:               "ETHERNET",
	LinkExpEthernet:            "EXP_ETHERNET",
	LinkAX25:                   "AX25",
	LinkProNet:                 "PRONET",
	LinkChaos:                  "CHAOS",
	LinkTokenRing:              "IEEE802_5",
	LinkArcnetBSD:              "ARCNET_BSD",
	LinkSLIP:                   "SLIP",
	LinkPPP:                    "PPP",
	LinkFDDI:                   "FDDI",
	LinkRaw12:                  "RAW12",
	LinkRaw14:                  "RAW14",
	LinkPPPHDLC:                "PPP_HDLC",
	LinkPPPEther:               "PPP_ETHER",
	LinkSymantecFirewall:       "SYMANTEC_FIREWALL",
	LinkATMRFC1483:             "ATM_RFC1483",
	LinkRaw:                    "RAW",
	LinkCHDLC:                  "C_HDLC",
	LinkIEEE80211:              "IEEE802_11",
	LinkATMClip:                "ATM_CLIP",
	LinkFrameRelay:             "FRELAY",
	LinkLoop:                   "LOOP",
	LinkEnc:                    "ENC",
	LinkNetBSDHDLC:             "NETBSD_HDLC",
	LinkLinuxSLL:               "LINUX_SLL",
	LinkLTalk:                  "LTALK",
	LinkEconet:                 "ECONET",
	LinkIPFilter:               "IPFILTER",
	LinkPFLog:                  "PFLOG",
	LinkCiscoIOS:               "CISCO_IOS",
	LinkPrism:                  "IEEE802_11_PRISM",
	LinkAironet:                "IEEE802_11_AIRONET",
	LinkIPOverFC:               "IP_OVER_FC",
	LinkSunATM:                 "SUNATM",
	LinkRadiotap:               "IEEE802_11_RADIOTAP",
	LinkTZSP:                   "TZSP",
	LinkArcnetLinux:            "ARCNET_LINUX",
	LinkJuniperMLPPP:           "JUNIPER_MLPPP",
	LinkJuniperMLFR:            "JUNIPER_MLFR",
	LinkJuniperES:              "JUNIPER_ES",
	LinkJuniperGGSN:            "JUNIPER_GGSN",
	LinkJuniperMFR:             "JUNIPER_MFR",
	LinkJuniperATM2:            "JUNIPER_ATM2",
	LinkJuniperServices:        "JUNIPER_SERVICES",
	LinkJuniperATM1:            "JUNIPER_ATM1",
	LinkAppleIPOverIEEE1394:    "APPLE_IP_OVER_IEEE1394",
	LinkMTP2WithPHDR:           "MTP2_WITH_PHDR",
	LinkMTP2:                   "MTP2",
	LinkMTP3:                   "MTP3",
	LinkSCCP:                   "SCCP",
	LinkDOCSIS:                 "DOCSIS",
	LinkIrDA:                   "LINUX_IRDA",
	LinkUser0:                  "USER0",
	LinkUser1:                  "USER1",
	LinkUser2:                  "USER2",
	LinkUser3:                  "USER3",
	LinkUser4:                  "USER4",
	LinkUser5:                  "USER5",
	LinkUser6:                  "USER6",
	LinkUser7:                  "USER7",
	LinkUser8:                  "USER8",
	LinkUser9:                  "USER9",
	LinkUser10:                 "USER10",
	LinkUser11:                 "USER11",
	LinkUser12:                 "USER12",
	LinkUser13:                 "USER13",
	LinkUser14:                 "USER14",
	LinkUser15:                 "USER15",
	LinkUser16:                 "USER16",
	LinkUser17:                 "USER17",
	LinkAVS:                    "IEEE802_11_AVS",
	LinkJuniperMonitor:         "JUNIPER_MONITOR",
	LinkBACnetMSTP:             "BACNET_MS_TP",
	LinkPPPPPPD:                "PPP_PPPD",
	LinkJuniperPPPoE:           "JUNIPER_PPPOE",
	LinkJuniperPPPoEATM:        "JUNIPER_PPPOE_ATM",
	LinkGPRSLLC:                "GPRS_LLC",
	LinkGPFT:                   "GPF_T",
	LinkGPFF:                   "GPF_F",
	LinkLAPD:                   "LINUX_LAPD",
	LinkJuniperEther:           "JUNIPER_ETHER",
	LinkJuniperPPP:             "JUNIPER_PPP",
	LinkJuniperFrameRelay:      "JUNIPER_FRELAY",
	LinkJuniperCHDLC:           "JUNIPER_CHDLC",
	LinkMFR:                    "MFR",
	LinkBluetoothHCIH4:         "BLUETOOTH_HCI_H4",
	LinkUSBLinux:               "USB_LINUX",
	LinkPPI:                    "PPI",
	LinkIEEE802154:             "IEEE802_15_4_WITHFCS",
	LinkSITA:                   "SITA",
	LinkERF:                    "ERF",
	LinkBluetoothHCIH4PHDR:     "BLUETOOTH_HCI_H4_WITH_PHDR",
	LinkAX25KISS:               "AX25_KISS",
	LinkLAPDWithDir:            "LAPD",
	LinkPPPWithDir:             "PPP_WITH_DIR",
	LinkCHDLCWithDir:           "C_HDLC_WITH_DIR",
	LinkFrameRelayWithDir:      "FRELAY_WITH_DIR",
	LinkLAPBWithDir:            "LAPB_WITH_DIR",
	LinkIPMB:                   "IPMB_LINUX",
	LinkFlexRay:                "FLEXRAY",
	LinkLIN:                    "LIN",
	LinkIEEE802154Linux:        "IEEE802_15_4_LINUX",
	LinkIEEE802154NonASK:       "IEEE802_15_4_NONASK_PHY",
	LinkMPLS:                   "MPLS",
	LinkUSBLinuxMmapped:        "USB_LINUX_MMAPPED",
	LinkFC2:                    "FC_2",
	LinkFC2WithFrameDelims:     "FC_2_WITH_FRAME_DELIMS",
	LinkIPNet:                  "IPNET",
	LinkCANSocketCAN:           "CAN_SOCKETCAN",
	LinkIPv4:                   "IPV4",
	LinkIPv6:                   "IPV6",
	LinkIEEE802154NoFCS:        "IEEE802_15_4_NOFCS",
	LinkDBus:                   "DBUS",
	LinkDVBCI:                  "DVB_CI",
	LinkMUX27010:               "MUX27010",
	LinkSTANAG5066:             "STANAG_5066_D_PDU",
	LinkNFLog:                  "NFLOG",
	LinkNetAnalyzer:            "NETANALYZER",
	LinkNetAnalyzerTransparent: "NETANALYZER_TRANSPARENT",
	LinkIPoIB:                  "IPOIB",
	LinkMPEG2TS:                "MPEG_2_TS",
	LinkNG40:                   "NG40",
	LinkNFCLLCP:                "NFC_LLCP",
	LinkInfiniBand:             "INFINIBAND",
	LinkSCTP:                   "SCTP",
	LinkUSBPcap:                "USBPCAP",
	LinkRTACSerial:             "RTAC_SERIAL",
	LinkBluetoothLELL:          "BLUETOOTH_LE_LL",
	LinkNetlink:                "NETLINK",
	LinkBluetoothLinuxMonitor:  "BLUETOOTH_LINUX_MONITOR",
	LinkBluetoothBREDRBB:       "BLUETOOTH_BREDR_BB",
	LinkBluetoothLELLWithPHDR:  "BLUETOOTH_LE_LL_WITH_PHDR",
	LinkPROFIBUSDL:             "PROFIBUS_DL",
	LinkPKTap:                  "PKTAP",
	LinkEPON:                   "EPON",
	LinkIPMIHPM2:               "IPMI_HPM_2",
	LinkZWaveR1R2:              "ZWAVE_R1_R2",
	LinkZWaveR3:                "ZWAVE_R3",
	LinkWattstopperDLM:         "WATTSTOPPER_DLM",
	LinkISO14443:               "ISO_14443",
	LinkRDS:                    "RDS",
	LinkUSBDarwin:              "USB_DARWIN",
	LinkOpenFlow:               "OPENFLOW",
	LinkSDLC:                   "SDLC",
	LinkTILLNSniffer:           "TI_LLN_SNIFFER",
	LinkLoRaTap:                "LORATAP",
	LinkVSock:                  "VSOCK",
	LinkNordicBLE:              "NORDIC_BLE",
	LinkDOCSIS31XRA31:          "DOCSIS31_XRA31",
	LinkEthernetMPacket:        "ETHERNET_MPACKET",
	LinkDisplayPortAux:         "DISPLAYPORT_AUX",
	LinkLinuxSLL2:              "LINUX_SLL2",
	LinkSercosMonitor:          "SERCOS_MONITOR",
	LinkOpenVizsla:             "OPENVIZSLA",
	LinkEBHSCR:                 "EBHSCR",
	LinkVPPDispatch:            "VPP_DISPATCH",
	LinkDSATagBrcm:             "DSA_TAG_BRCM",
	LinkDSATagBrcmPrepend:      "DSA_TAG_BRCM_PREPEND",
	LinkIEEE802154Tap:          "IEEE802_15_4_TAP",
	LinkDSATagDSA:              "DSA_TAG_DSA",
	LinkDSATagEDSA:             "DSA_TAG_EDSA",
	LinkELEE:                   "ELEE",
	LinkZWaveSerial:            "Z_WAVE_SERIAL",
	LinkUSB20:                  "USB_2_0",
	LinkATSCALP:                "ATSC_ALP",
	LinkETW:                    "ETW",
	LinkNetAnalyzerNG:          "NETANALYZER_NG",
	LinkZBOSSNCP:               "ZBOSS_NCP",
	LinkUSB20LowSpeed:          "USB_2_0_LOW_SPEED",
	LinkUSB20FullSpeed:         "USB_2_0_FULL_SPEED",
	LinkUSB20HighSpeed:         "USB_2_0_HIGH_SPEED",
	LinkAuerswaldLog:           "AUERSWALD_LOG",
	LinkZWaveTap:               "ZWAVE_TAP",
	LinkSilabsDebugChannel:     "SILABS_DEBUG_CHANNEL",
	LinkFIRAUCI:                "FIRA_UCI",
}

// String is the name in the registry without its LINKTYPE_ prefix, or the
// number where the registry has none.
func (t LinkType) String() string {
	if int(t) < len(linkTypeNames) && linkTypeNames[t] != "" {
		return linkTypeNames[t]
	}
	return strconv.Itoa(int(t))
}

// maxPacket is the largest packet that is believed of a link type, as
// Wireshark does: transfers on a bus are larger than any network's frame.
func (t LinkType) maxPacket() uint32 {
	switch t {
	case LinkUSBLinux, LinkUSBLinuxMmapped, LinkUSBPcap, LinkUSBDarwin, LinkDBus, LinkEBHSCR:
		return maxBusPacket
	}
	return maxPacket
}
