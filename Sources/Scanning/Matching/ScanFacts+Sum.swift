import ScanProtocol

extension ScanFacts {
    /// Adds what another engine found in the same object.
    mutating func add(_ other: ScanFacts) {
        // The first code that is neither clean nor a match; without one, a match.
        if code == 0 || code == 1 && other.code > 1 { code = other.code }
        (sizeAfter, bytesRead) = (min(sizeAfter, other.sizeAfter), min(bytesRead, other.bytesRead))
        isRootSeen = isRootSeen && other.isRootSeen
        isListed = isListed && other.isListed
        milliseconds &+= other.milliseconds
        cutLayers = max(cutLayers, other.cutLayers)
        unmatchedLayers = max(unmatchedLayers, other.unmatchedLayers)
        for (alert, path) in zip(other.alerts, other.alertPaths) where !alerts.contains(alert) {
            if alerts.count < Self.maximumAlerts {
                alerts.append(alert)
                alertPaths.append(path)
            } else {
                alertsLeftOut &+= 1
            }
        }
        alertsLeftOut &+= other.alertsLeftOut
        for gap in other.gaps where !gaps.contains(gap) {
            if gaps.count < Self.maximumGaps { gaps.append(gap) } else { gapsLeftOut &+= 1 }
        }
        gapsLeftOut &+= other.gapsLeftOut
        for type in other.unopened where !unopened.contains(type) && unopened.count < Self.maximumUnopened {
            unopened.append(type)
        }
        for warning in other.warnings where !warnings.contains(warning) && warnings.count < Self.maximumWarnings {
            warnings.append(warning)
        }
        warningCount = max(warningCount, other.warningCount)
    }
}
