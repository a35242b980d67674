/// Forms out of which no ordinary software takes files: matched as bytes.
extension Coverage {
    static let leaves: [CoverageRow] = [
        CoverageRow(
            "picture", .leaf,
            mimeTypes: ["image/*"],
            engineTypes: ["CL_TYPE_GRAPHICS", "CL_TYPE_PNG", "CL_TYPE_GIF", "CL_TYPE_JPEG", "CL_TYPE_TIFF"],
            reason: "pixels and metadata, of which what is a file is a part; containers behind it are layers"),
        CoverageRow(
            "sound", .leaf,
            mimeTypes: ["audio/*"],
            engineTypes: ["CL_TYPE_RIFF"],
            reason: "samples and metadata, of which pictures and files are parts; containers behind it are layers"),
        CoverageRow(
            "film", .leaf,
            mimeTypes: ["video/*"],
            reason: "frames and metadata, of which attachments and items are parts; containers behind it are layers"),
        CoverageRow(
            "font", .leaf,
            mimeTypes: [
                "font/*", "application/vnd.ms-opentype", "application/vnd.ms-fontobject", "application/x-font-gdos",
                "application/x-font-pf2", "application/x-font-pfm", "application/x-font-sfn", "application/x-dfont",
                "application/vnd.font-fontforge-sfd", "application/x-tex-tfm",
            ],
            reason: "glyphs; what WOFF packs is a part"),
        CoverageRow(
            "text", .leaf,
            mimeTypes: [
                "text/*", "application/json", "application/x-ndjson", "application/javascript", "application/x-subrip",
                "application/rdf+xml", "application/ttml+xml", "application/xml-sitemap",
            ],
            engineTypes: [
                "CL_TYPE_SCRIPT", "CL_TYPE_TEXT_ASCII", "CL_TYPE_TEXT_UTF8", "CL_TYPE_TEXT_UTF16LE",
                "CL_TYPE_TEXT_UTF16BE",
            ],
            reason:
                "matched as bytes and as normalised text; archives behind a script are layers. Digits without a mark of "
                + "their own (Base32, dumps of od, DEBUG, TI-TXT, Tektronix and Verilog, hexadecimal ones of no known "
                + "file, base64 in HL7 and in tokens, bare Deflate in base64, fonts of subtitles) are decoded only by software that its user asks to do so; so are ed scripts and normal diffs "
                + "applied, and files in the source of LaTeX, Org, Docker or Vim written"),
        CoverageRow(
            "postscript", .leaf,
            mimeTypes: ["application/postscript"],
            engineTypes: ["CL_TYPE_PS"],
            reason: "matched as text; data that its filters decode are `written-bytes`"),
        CoverageRow(
            "model", .leaf,
            mimeTypes: ["model/*"],
            reason: "meshes; the pictures that a scene packs are matched as bytes, and only a modeller takes them out"),
        CoverageRow(
            "science", .leaf,
            mimeTypes: [
                "chemical/*", "biosig/*", "rinex/*", "application/x-grib", "application/x-grib2", "application/x-hdf",
                "application/x-hdf5", "application/x-netcdf", "application/x-matlab-data", "application/fits",
                "application/dicom", "application/mxf", "application/x-numpy-data", "application/x-geoswath-rdf",
                "application/vnd.hdt",
            ],
            reason:
                "measurements in columns, packed or not, which no reader turns into files; so are Parquet, ORC, Avro, "
                + "saved arrays and the weights of models"),
        CoverageRow(
            "bytecode", .leaf,
            mimeTypes: [
                "application/wasm", "application/x-bytecode.python", "application/x-nekovm-bytecode",
                "application/x-elc", "application/x-java-applet", "application/x-java-image",
            ],
            engineTypes: ["CL_TYPE_JAVA", "CL_TYPE_PYTHON_COMPILED", "CL_TYPE_LNK"],
            reason: "code, matched as bytes"),
        CoverageRow(
            "key", .leaf,
            mimeTypes: [
                "application/pgp-encrypted", "application/pgp-keys", "application/pgp-signature",
                "application/x-putty-private-key", "application/x-java-keystore", "application/x-java-jce-keystore",
                "application/x-crypt-nc",
            ],
            reason: "keys and signatures"),
        CoverageRow(
            "database", .leaf,
            mimeTypes: [
                "application/vnd.sqlite3", "application/x-sqlite3", "application/x-dbase-index",
                "application/x-dbase-prf", "application/x-dbf", "application/x-dbm", "application/x-dbt",
                "application/x-gdbm", "application/x-tokyocabinet-btree", "application/x-tokyocabinet-fixed",
                "application/x-tokyocabinet-hash", "application/x-tokyocabinet-table", "application/msaccess",
                "application/x-msaccess", "application/x-ms-ese", "application/x-fpt",
            ],
            reason: "records; what a field holds is matched as bytes, and so are serialised values of programs"),
        CoverageRow(
            "rom", .leaf,
            mimeTypes: [
                "application/x-atari-7800-rom", "application/x-atari-lynx-rom", "application/x-dc-rom",
                "application/x-gameboy-rom", "application/x-gamecube-rom", "application/x-gamegear-rom",
                "application/x-gba-rom", "application/x-genesis-32x-rom", "application/x-genesis-rom",
                "application/x-ibm-rom", "application/x-n64-rom", "application/x-neo-geo-pocket-rom",
                "application/x-nes-rom", "application/x-nintendo-ds-rom", "application/x-saturn-rom",
                "application/x-sega-cd-rom", "application/x-sega-pico-rom", "application/x-sega-teradrive-rom",
                "application/x-sms-rom", "application/x-wii-rom",
            ],
            reason:
                "one image for one machine, of whose own file system only developers' tools write files; disks and tapes "
                + "without a mark (D64, TAP, raw CP/M) are unknown bytes"),
        CoverageRow(
            "unknown", .leaf,
            mimeTypes: ["application/octet-stream"],
            engineTypes: [
                "CL_TYPE_ANY", "CL_TYPE_BINARY_DATA", "CL_TYPE_IGNORED", "CL_TYPE_ERROR", "CL_TYPE_INTERNAL",
            ],
            reason: "bytes of no known form: matched, unless the pipeline refuses them"),
        CoverageRow(
            "capture", .leaf,
            mimeTypes: ["application/vnd.tcpdump.pcap"],
            reason:
                "packets, out of which only an analyst's program puts files together, by the protocols that its user "
                + "chooses"),
        CoverageRow(
            "other", .leaf,
            mimeTypes: [
                "application/cbor", "application/etl", "application/marc", "application/ogg", "application/sereal",
                "application/syzygy", "application/vnd.comicbook", "application/vnd.corel-draw",
                "application/vnd.cups-ppd", "application/vnd.cups-raster", "application/vnd.gentoo.catmetadata+xml",
                "application/vnd.gentoo.ebuild", "application/vnd.gentoo.eclass", "application/vnd.gentoo.manifest",
                "application/vnd.gentoo.pkgmetadata+xml", "application/vnd.google-earth.kml+xml",
                "application/vnd.hp-HPGL", "application/vnd.iccprofile", "application/vnd.lotus-1-2-3",
                "application/vnd.lotus-wordpro", "application/vnd.mif", "application/vnd.pagemaker",
                "application/vnd.resilient.logic", "application/vnd.rn-realmedia", "application/vnd.sketchup.skp",
                "application/vnd.softmaker.planmaker", "application/vnd.softmaker.presentations",
                "application/vnd.stardivision.cal", "application/vnd.stardivision.chart",
                "application/vnd.stardivision.draw", "application/vnd.stardivision.impress",
                "application/vnd.stardivision.math", "application/vnd.stardivision.writer",
                "application/vnd.stardivision.writer-global",
                "application/vnd.wordperfect", "application/winhelp", "application/x-5view",
                "application/x-abook-addressbook", "application/x-acorn-68E", "application/x-adobe-aco",
                "application/x-adrift", "application/x-amf",
                "application/x-apple-rsr", "application/x-appleworks3", "application/x-aria",
                "application/x-avira-qua", "application/x-avm-export",
                "application/x-bentley-cel", "application/x-bentley-dgn", "application/x-bittorrent",
                "application/x-blender", "application/x-blorb", "application/x-borland-cbt",
                "application/x-c32-comboot-syslinux-exec", "application/x-cdf", "application/x-clamav",
                "application/x-clamav-database", "application/x-commodore-basic", "application/x-commodore-exec",
                "application/x-compress-j", "application/x-compress-jar", "application/x-compress-pucrunch",
                "application/x-compress-ttcomp", "application/x-corel-ccx", "application/x-corel-cph",
                "application/x-corel-gal", "application/x-corelpresentations",
                "application/x-dif", "application/x-dmp", "application/x-dvi", "application/x-ebu-stl",
                "application/x-edid-dump", "application/x-eet", "application/x-epoc-agenda", "application/x-epoc-app",
                "application/x-epoc-data", "application/x-epoc-jotter", "application/x-epoc-opl",
                "application/x-epoc-opo", "application/x-epoc-sheet", "application/x-epoc-word",
                "application/x-freemind",
                "application/x-freeplane", "application/x-garmin-gpm", "application/x-garmin-lbl",
                "application/x-garmin-map", "application/x-garmin-mdr", "application/x-garmin-net",
                "application/x-garmin-nod", "application/x-garmin-rgn", "application/x-garmin-srt",
                "application/x-garmin-tre", "application/x-garmin-trf", "application/x-garmin-typ",
                "application/x-gettext-translation", "application/x-glulx", "application/x-gnucash",
                "application/x-gnumeric", "application/x-grub-keyboard", "application/x-ibm-dsk",
                "application/x-ichitaro4", "application/x-ichitaro5", "application/x-ichitaro6", "application/x-ima",
                "application/x-innosetup", "application/x-innosetup-msg",
                "application/x-installshield-ins", "application/x-intel-aml", "application/x-kdelnk",
                "application/x-lanalyzer", "application/x-lz4+json",
                "application/x-maple-hdb", "application/x-maple-lib",
                "application/x-maxis-dbpf", "application/x-mif",
                "application/x-ms-arn", "application/x-ms-cag", "application/x-ms-dat",
                "application/x-ms-evtx", "application/x-ms-info", "application/x-ms-mdz", "application/x-ms-mig",
                "application/x-ms-nickfile", "application/x-ms-pdb", "application/x-ms-rra",
                "application/x-ms-sdb", "application/x-ms-sdi", "application/x-ms-shortcut", "application/x-ms-srs",
                "application/x-msbinder", "application/x-mswinurl", "application/x-mswrite",
                "application/x-navi-animation", "application/x-nettl", "application/x-norton-guide",
                "application/x-norton-msg", "application/x-omf-lib", "application/x-os2-hlp", "application/x-os2-inf",
                "application/x-os2-ini", "application/x-os2-msg", "application/x-pef+xml", "application/x-perfmon",
                "application/x-pnf", "application/x-pocket-word", "application/x-quark-xpress-3",
                "application/x-quicktime-player", "application/x-raspberry-eeprom", "application/x-raw-disk-image",
                "application/x-riff", "application/x-sc", "application/x-scribus", "application/x-setupscript",
                "application/x-star-sdv", "application/x-starcalc", "application/x-starchart",
                "application/x-stargallery-sdg", "application/x-stargallery-thm", "application/x-starimpress",
                "application/x-starmath", "application/x-starwriter", "application/x-starwriter-global",
                "application/x-std-dictionary", "application/x-sylk", "application/x-t3vm-image", "application/x-tads",
                "application/x-tasmota-dmp", "application/x-terminfo", "application/x-terminfo2",
                "application/x-tplink-bin", "application/x-wine-extension-ini",
                "application/x-winhelp", "application/x-winhelp-fts", "application/x-wordperfect-adv",
                "application/x-wordperfect-all", "application/x-wordperfect-cbt", "application/x-wordperfect-drs",
                "application/x-wordperfect-fil", "application/x-wordperfect-help", "application/x-wordperfect-ins",
                "application/x-wordperfect-irs", "application/x-wordperfect-keyboard", "application/x-wordperfect-mrs",
                "application/x-wordperfect-prs", "application/x-wordperfect-qrs", "application/x-wordperfect-vrs",
                "application/x-wordperfect-wordlist", "application/x-wordperfect-wpm", "application/x-xbmc-xbt",
                "application/x-zmachine",
            ],
            reason:
                "documents, settings and program data out of which no ordinary software takes files; what a project of "
                + "Blender packs is matched as bytes, and only Blender takes it out"),
    ]
}
