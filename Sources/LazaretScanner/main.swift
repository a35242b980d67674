print("lazaret-scanner")
